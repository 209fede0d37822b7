// How many durable stage transitions per second, and how late is the next
// stage, for 1 to 256 loops of ten stages that do nothing, in a row and as a
// graph? And what do iterations cost that sleep (sleepers.cpp)?
//
//   bench_steps [--seconds S] [--only row|graph|sleepers]
//
// A transition is a journaled start or end of a stage, fsynced before what
// follows from it. The latency is from one stage's function to the next one's:
// an end and a start, made durable by one commit. Of a graph there is none: its
// stages run side by side.

#include "actors/node.hpp"
#include "benchmarks/engine_process.hpp"
#include "benchmarks/sleepers.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

using namespace ratchet;
using steady = std::chrono::steady_clock;

constexpr int stages = 10;

/// Loops that wait for their next iteration.
class ended_loops {
public:
  void push(std::size_t index) {
    const std::lock_guard lock{mutex_};
    ended_.push_back(index);
    changed_.notify_one();
  }
  /// False once `until` has passed.
  bool pop(std::size_t& index, steady::time_point until) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_until(lock, until, [&] { return !ended_.empty(); }))
      return false;
    index = ended_.front();
    ended_.pop_front();
    return true;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::size_t> ended_;
};

/// How the stages of a loop hang together.
enum class shape : std::uint8_t {
  row,   ///< One after the other.
  graph, ///< One, then four side by side, then one, three, and one.
};

/// What one loop's stages saw. Of a graph, whose stages run side by side, only
/// their number.
struct probe {
  steady::time_point last;
  std::vector<float> gaps_ms;
  std::atomic<std::uint64_t> ran{0};
};

std::string name_of(std::size_t index) {
  return "loop-" + std::to_string(index);
}

/// Says for what stage `i` of the graph waits, which was just declared.
void connect(loop& made, int i) {
  if (i >= 1 && i <= 4)
    made.after("stage-0");
  if (i == 5)
    made.after("stage-1", "stage-2", "stage-3", "stage-4");
  if (i >= 6 && i <= 8)
    made.after("stage-5");
  if (i == 9)
    made.after("stage-6", "stage-7", "stage-8");
}

stage_function
stage_of(shape how, int i, std::size_t index, probe& seen, ended_loops& ended) {
  return [=, &seen, &ended](stage_context&) -> result<stage_output> {
    const auto now = steady::now();
    if (how == shape::row) {
      if (i > 0)
        seen.gaps_ms.push_back(
          std::chrono::duration<float, std::milli>(now - seen.last).count());
      seen.last = now;
    }
    ++seen.ran;
    if (i == stages - 1)
      ended.push(index);
    return stage_output{};
  };
}

loop make_loop(shape how, std::size_t index, probe& seen, ended_loops& ended) {
  loop made{name_of(index)};
  made.timing(asynchronous{.max_in_flight = 2});
  for (int i = 0; i < stages; ++i) {
    made.stage(
      "stage-" + std::to_string(i), stage_of(how, i, index, seen, ended));
    if (how == shape::graph)
      connect(made, i);
  }
  return made;
}

void start_iteration(
  actors::node& node, std::size_t index, ended_loops& ended) {
  node.request(
    {.verb = actors::operator_verb::trigger,
     .loop = name_of(index),
     .who = "benchmark"},
    [index, &ended](const result<actors::operator_answer>& answer) {
      // Two still run: the next one's turn comes in a moment.
      if (!answer)
        ended.push(index);
    });
}

/// Of at least one value.
double quantile(std::vector<float>& values, double q) {
  const auto at =
    static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return static_cast<double>(values[static_cast<std::size_t>(at)]);
}

void run_case(shape how, std::size_t loop_count, double seconds) {
  const benchmarks::scratch_directory data;
  ended_loops ended;
  std::vector<std::unique_ptr<probe>> probes;
  actors::node_options options;
  options.data_dir = data.path();
  for (std::size_t i = 0; i < loop_count; ++i) {
    probes.push_back(std::make_unique<probe>());
    options.loops.push_back(make_loop(how, i, *probes.back(), ended));
  }
  auto node = actors::node::start(std::move(options));
  if (!node) {
    std::fprintf(stderr, "%s\n", node.err().message.c_str());
    std::exit(1);
  }
  const auto start = steady::now();
  const auto end = start +
    std::chrono::duration_cast<steady::duration>(
                     std::chrono::duration<double>(seconds));
  for (std::size_t i = 0; i < loop_count; ++i)
    start_iteration(**node, i, ended);
  std::size_t index = 0;
  while (ended.pop(index, end))
    if (steady::now() < end)
      start_iteration(**node, index, ended);
    else
      break;
  const auto took = std::chrono::duration<double>(steady::now() - start);
  (*node)->stop();
  std::vector<float> gaps;
  std::uint64_t ran = 0;
  for (const auto& p : probes) {
    gaps.insert(gaps.end(), p->gaps_ms.begin(), p->gaps_ms.end());
    ran += p->ran;
  }
  const auto commits = static_cast<double>((*node)->stats().commits.load());
  // In a row each gap is one end and one start.
  const auto transitions =
    2.0 * static_cast<double>(how == shape::row ? gaps.size() : ran);
  std::printf(
    R"({"bench":"steps","shape":"%s","loops":%zu,)",
    how == shape::row ? "row" : "graph", loop_count);
  std::printf(R"("transitions_per_second":%.0f,)", transitions / took.count());
  if (!gaps.empty())
    std::printf(
      R"("p50_ms":%.3f,"p99_ms":%.3f,)", quantile(gaps, 0.50),
      quantile(gaps, 0.99));
  std::printf("\"commits_per_second\":%.0f}\n", commits / took.count());
  std::fflush(stdout);
}

void run_steps(shape how, double seconds) {
  for (const std::size_t loops : {1U, 16U, 64U, 256U})
    run_case(how, loops, seconds);
}

void run_all_sleepers() {
  benchmarks::run_sleepers(10'000, 100);
  benchmarks::run_sleepers(100'000, 100);
  benchmarks::run_sleepers(100'000, 1);
  benchmarks::run_wake_ups(10'000, 100, 10);
}

} // namespace

int main(int argc, char** argv) {
  double seconds = 5;
  std::string only;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seconds") == 0)
      seconds = std::atof(argv[i + 1]);
    if (std::strcmp(argv[i], "--only") == 0)
      only = argv[i + 1];
  }
  // These fork, so they come before there are threads.
  if (only.empty() || only == "sleepers")
    run_all_sleepers();
  if (only.empty() || only == "row")
    run_steps(shape::row, seconds);
  if (only.empty() || only == "graph")
    run_steps(shape::graph, seconds);
}
