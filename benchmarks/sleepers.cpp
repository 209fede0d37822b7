// What does a sleeping iteration cost, how long does a start take with many of
// them, and how late do they wake?
//
// A sleeper is an iteration whose first stage failed and is tried again later.
// Memory is the growth of the process, less what it gives back when asked.

#include "benchmarks/sleepers.hpp"

#include "actors/node.hpp"
#include "benchmarks/engine_process.hpp"
#include "storage/loop_journal.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace ratchet::benchmarks {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

double seconds_since(steady::time_point start) {
  return std::chrono::duration<double>(steady::now() - start).count();
}

struct memory {
  double resident = 0;
  double heap = 0;
};

memory memory_now() {
  ::malloc_trim(0);
  std::uint64_t ignored = 0;
  std::uint64_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> ignored >> pages;
  const auto heap = ::mallinfo2();
  return {
    static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)),
    static_cast<double>(heap.uordblks + heap.hblkhd)};
}

std::string name_of(std::uint64_t index) {
  return "sleepy-" + std::to_string(index);
}

/// When attempts after the first began.
class second_attempts {
public:
  void note(const std::string& attempt_id) {
    const auto now = system_wall_clock{}.now();
    const std::lock_guard lock{mutex_};
    begun_.emplace(attempt_id, now);
  }
  [[nodiscard]] std::uint64_t size() const {
    const std::lock_guard lock{mutex_};
    return begun_.size();
  }
  [[nodiscard]] const std::map<std::string, time_point>& all() const {
    return begun_;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, time_point> begun_;
};

std::vector<loop> sleepy_loops(
  std::uint64_t count, std::uint64_t loops, const retry& policy,
  std::size_t stages, second_attempts& woken) {
  std::vector<loop> made;
  for (std::uint64_t i = 0; i < loops; ++i) {
    loop each{name_of(i)};
    each.timing(
      asynchronous{.max_in_flight = static_cast<std::uint32_t>(count / loops)});
    each.stage(
      "stage-0",
      callable([&woken](stage_context& context) -> result<stage_output> {
        if (context.attempt_id().ends_with(".1"))
          return error{errc::unavailable, "not yet"};
        woken.note(context.attempt_id());
        return stage_output{};
      }).retry(policy));
    for (std::size_t s = 1; s < stages; ++s)
      each.stage(
        "stage-" + std::to_string(s),
        [](stage_context&) -> result<stage_output> { return stage_output{}; });
    made.push_back(std::move(each));
  }
  return made;
}

std::unique_ptr<actors::node>
start_node(const std::filesystem::path& data, std::vector<loop> loops) {
  actors::node_options options;
  options.data_dir = data;
  options.loops = std::move(loops);
  auto node = actors::node::start(std::move(options));
  if (!node) {
    std::fprintf(stderr, "%s\n", node.err().message.c_str());
    std::_Exit(1);
  }
  return std::move(*node);
}

/// Starts all iterations and waits until they sleep. Few are awake at a time,
/// so that what is measured afterwards is not what they have left behind.
void put_to_sleep(
  actors::node& node, std::uint64_t count, std::uint64_t loops) {
  constexpr std::uint64_t most_awake = 512;
  const auto asleep = [&] { return node.stats().iterations_asleep.load(); };
  for (std::uint64_t i = 0; i < count; ++i) {
    while (i - std::min(i, asleep()) >= most_awake)
      std::this_thread::sleep_for(200us);
    node.request(
      {.verb = actors::operator_verb::trigger,
       .loop = name_of(i % loops),
       .who = "benchmark"},
      [](const result<actors::operator_answer>& answer) {
        if (!answer) {
          std::fprintf(stderr, "%s\n", answer.err().message.c_str());
          std::_Exit(1);
        }
      });
  }
  while (asleep() < count)
    std::this_thread::sleep_for(1ms);
}

constexpr std::size_t graph_stages = 10;

std::vector<loop> long_sleepers(
  std::uint64_t count, std::uint64_t loops, second_attempts& woken) {
  return sleepy_loops(
    count, loops, {.max_attempts = 2, .initial = 1h, .cap = 1h, .jitter = 0},
    graph_stages, woken);
}

void fall_asleep(
  const std::filesystem::path& data, std::uint64_t count, std::uint64_t loops) {
  second_attempts woken;
  auto node = start_node(data, long_sleepers(count, loops, woken));
  const auto before = memory_now();
  const auto start = steady::now();
  put_to_sleep(*node, count, loops);
  const auto took = seconds_since(start);
  const auto after = memory_now();
  const auto each = static_cast<double>(count);
  std::printf(
    R"({"bench":"sleepers","case":"fall_asleep","count":%llu,"loops":%llu,)"
    R"("per_second":%.0f,"resident_bytes_each":%.0f,"heap_bytes_each":%.0f})"
    "\n",
    static_cast<unsigned long long>(count),
    static_cast<unsigned long long>(loops), each / took,
    (after.resident - before.resident) / each,
    (after.heap - before.heap) / each);
  std::fflush(stdout);
  std::_Exit(0); // As a crash: nothing is said on the way.
}

void start_again(
  const std::filesystem::path& data, std::uint64_t count, std::uint64_t loops) {
  second_attempts woken;
  memory before;
  {
    // The same without sleepers, to tell what is theirs.
    const scratch_directory empty;
    const auto node =
      start_node(empty.path(), long_sleepers(count, loops, woken));
    before = memory_now();
  }
  const auto start = steady::now();
  auto node = start_node(data, long_sleepers(count, loops, woken));
  const auto took = seconds_since(start);
  while (node->stats().iterations_asleep != count)
    std::this_thread::sleep_for(100us);
  const auto all = seconds_since(start);
  const auto after = memory_now();
  const auto each = static_cast<double>(count);
  std::printf(
    R"({"bench":"sleepers","case":"restart","count":%llu,"loops":%llu,)"
    R"("started_seconds":%.3f,"alarms_set_seconds":%.3f,)"
    R"("resident_bytes_each":%.0f,"heap_bytes_each":%.0f})"
    "\n",
    static_cast<unsigned long long>(count),
    static_cast<unsigned long long>(loops), took, all,
    (after.resident - before.resident) / each,
    (after.heap - before.heap) / each);
  std::fflush(stdout);
  std::_Exit(0);
}

/// Due time of the attempt after the first, as recorded.
time_point
due_of(const actors::node& node, loop_number loop, iteration_number number) {
  const auto events = node.journal().iteration_events(loop, number).value();
  for (const auto& event : events)
    if (const auto* e = std::get_if<workflows::attempt_failed>(&event))
      return e->retry_at;
  return {};
}

double quantile(const std::vector<double>& sorted, double q) {
  return sorted[static_cast<std::size_t>(
    q * static_cast<double>(sorted.size() - 1))];
}

void wake_ups(
  const std::filesystem::path& data, std::uint64_t count, std::uint64_t loops,
  std::uint64_t within_s) {
  second_attempts woken;
  // Jitter spreads the due times evenly.
  const auto wait = duration{1'000 * within_s * 3};
  auto node = start_node(
    data,
    sleepy_loops(
      count, loops,
      {.max_attempts = 2, .initial = wait, .cap = wait * 2, .jitter = 1.0 / 6},
      1, woken));
  put_to_sleep(*node, count, loops);
  while (woken.size() < count)
    std::this_thread::sleep_for(10ms);
  std::vector<double> late_ms;
  time_point first = time_point::max();
  time_point last;
  for (std::uint64_t l = 0; l < loops; ++l) {
    const auto loop = node->journal().find_loop(name_of(l)).value();
    for (iteration_number n{1}; n.value <= count / loops; n = n.next()) {
      const auto due = due_of(*node, loop, n);
      const auto begun =
        woken.all().at(make_attempt_id(name_of(l), n, "stage-0", 2));
      late_ms.push_back(static_cast<double>((begun - due).count()));
      first = std::min(first, due);
      last = std::max(last, due);
    }
  }
  std::sort(late_ms.begin(), late_ms.end());
  std::printf(
    R"({"bench":"sleepers","case":"wake_ups","count":%llu,"loops":%llu,)"
    R"("due_within_seconds":%.1f,"late_p50_ms":%.0f,"late_p99_ms":%.0f,)"
    R"("late_most_ms":%.0f,"read_back":%llu})"
    "\n",
    static_cast<unsigned long long>(count),
    static_cast<unsigned long long>(loops),
    std::chrono::duration<double>(last - first).count(),
    quantile(late_ms, 0.50), quantile(late_ms, 0.99), late_ms.back(),
    static_cast<unsigned long long>(node->stats().iterations_read_back.load()));
  std::fflush(stdout);
  node->stop();
}

} // namespace

void run_sleepers(std::uint64_t count, std::uint64_t loops) {
  const scratch_directory data;
  run_apart([&] { fall_asleep(data.path(), count, loops); });
  run_apart([&] { start_again(data.path(), count, loops); });
}

void run_wake_ups(
  std::uint64_t count, std::uint64_t loops, std::uint64_t within_s) {
  const scratch_directory data;
  run_apart([&] { wake_ups(data.path(), count, loops, within_s); });
}

} // namespace ratchet::benchmarks
