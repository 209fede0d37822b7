#pragma once

#include "actors/node.hpp"
#include "base/clock.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "storage/registry.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ratchet::test {

using namespace std::chrono_literals;

/// A node in a directory of its own, which can be stopped and started again.
class node_fixture {
public:
  node_fixture() {
    std::string name =
      (std::filesystem::temp_directory_path() / "ratchet-node-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory = name;
  }
  ~node_fixture() {
    node.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  node_fixture(const node_fixture&) = delete;
  node_fixture& operator=(const node_fixture&) = delete;

  void start(std::vector<loop> loops) {
    actors::node_options options;
    options.data_dir = directory;
    options.loops = std::move(loops);
    options.wrapper_program = RATCHET_TEST_WRAPPER;
    options.url = "http://127.0.0.1:1";
    options.clock = clock;
    options.limits = limits;
    auto started = actors::node::start(std::move(options));
    if (!started)
      FAIL(started.err().message);
    node = std::move(*started);
  }
  /// For what is started from now on: a clock that only the test moves. It
  /// outlives the node, which asks it to its end.
  manual_clock& use_manual_clock(time_point at) {
    manual_ = std::make_unique<manual_clock>(at);
    clock = manual_.get();
    return *manual_;
  }
  /// To everything on disk the same as a crash: nothing is said on the way.
  void stop() { node.reset(); }

  result<actors::operator_answer> ask(actors::operator_request request) {
    std::promise<result<actors::operator_answer>> answered;
    node->request(std::move(request), [&](auto answer) {
      answered.set_value(std::move(answer));
    });
    return answered.get_future().get();
  }
  iteration_number trigger(const std::string& loop) {
    auto answer =
      ask({.verb = actors::operator_verb::trigger, .loop = loop, .who = "t"});
    if (!answer)
      FAIL(answer.err().message);
    return answer->iteration;
  }

  /// To an iteration of loop "a".
  result<actors::operator_answer>
  signal(iteration_number n, actors::signal_content content) {
    return ask(
      {.verb = actors::operator_verb::signal,
       .loop = "a",
       .iteration = n,
       .who = "ada",
       .signal = std::move(content)});
  }

  result<storage::append_outcome> append(storage::event_batch batch) {
    std::promise<result<storage::append_outcome>> answered;
    node->append(std::move(batch), [&](auto outcome) {
      answered.set_value(std::move(outcome));
    });
    return answered.get_future().get();
  }

  /// Waits for what other threads do; fails the test when it takes too long.
  template <class Condition>
  static void eventually(const std::string& what, Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline)
        FAIL("waited too long until " << what);
      std::this_thread::yield();
    }
  }

  [[nodiscard]] loop_number number_of(const std::string& loop) const {
    return node->journal().find_loop(loop).value();
  }
  [[nodiscard]] workflows::iteration_summary
  summary(const std::string& loop, iteration_number n) const {
    auto read = node->journal().load_summary(number_of(loop), n);
    return read ? *read : workflows::iteration_summary{};
  }
  [[nodiscard]] std::vector<workflows::iteration_event>
  events(const std::string& loop, iteration_number n) const {
    return node->journal().iteration_events(number_of(loop), n).value();
  }
  /// How often an event of this kind was recorded.
  template <class Event>
  [[nodiscard]] std::size_t
  count(const std::string& loop, iteration_number n) const {
    std::size_t found = 0;
    for (const auto& event : events(loop, n))
      found += std::holds_alternative<Event>(event) ? 1U : 0U;
    return found;
  }
  void wait_for_end(const std::string& loop, iteration_number n) {
    // Until the loop knows too: before, it would refuse the next start.
    eventually("iteration " + std::to_string(n.value) + " ends", [&] {
      const auto seen = summary(loop, n);
      const auto state = node->journal().load_state(number_of(loop));
      return to_ms(seen.start.at) != 0 &&
        seen.outcome != workflows::iteration_outcome::running && state &&
        !state->running.contains(n);
    });
  }

  std::filesystem::path directory;
  const wall_clock* clock = nullptr; ///< Null: the machine's.
  workflows::slot_limits limits;
  std::unique_ptr<manual_clock> manual_; ///< Of use_manual_clock; outlives:
  std::unique_ptr<actors::node> node;
};

inline stage_function does_nothing() {
  return [](stage_context&) -> result<stage_output> { return stage_output{}; };
}

inline stage_function writes(std::string file, std::string text) {
  return
    [file = std::move(file), text = std::move(text)](stage_context& context) {
      std::ofstream{context.output_dir() / file} << text;
      return result<stage_output>{stage_output{}};
    };
}

} // namespace ratchet::test
