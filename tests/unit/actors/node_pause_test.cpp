#include "tests/unit/actors/log_lines.hpp"
#include "tests/unit/actors/node_fixture.hpp"

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;
using workflows::iteration_outcome;

namespace {

/// A command and a function that run until they are stopped the first time,
/// and come to their end the second.
struct fixture : node_fixture {
  fixture() = default;
  ~fixture() {
    release = true; // Before what stages look at goes.
    stop();
  }
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;

  /// Runs until it is stopped, or released.
  stage_function holds() {
    return [this](stage_context& context) -> result<stage_output> {
      ++running;
      while (!release && !context.canceled())
        std::this_thread::yield();
      if (!release)
        return error{errc::canceled, "stopped"};
      return stage_output{};
    };
  }
  std::vector<loop> loops() {
    return {
      loop("a")
        .stage(
          "command",
          command(std::vector<std::string>{
            "sh", "-c",
            "case $RATCHET_ATTEMPT in *.1) echo up; exec sleep 600;; esac"}))
        .stage("function", holds())
        .stage("last", does_nothing())};
  }

  result<actors::operator_answer>
  tell(operator_verb verb, iteration_number n, bool at_once = false) {
    return ask(
      {.verb = verb,
       .loop = "a",
       .iteration = n,
       .who = "ada",
       .reason = "to see",
       .at_once = at_once});
  }
  void wait_until_withdrawn(iteration_number n, std::size_t times) {
    eventually("the attempt is withdrawn", [&] {
      return count<workflows::attempt_withdrawn>("a", n) == times;
    });
  }
  void wait_for_command(iteration_number n) {
    eventually("the command runs", [&] {
      std::ifstream log{
        node->attempt_log(make_attempt_id("a", n, "command", 1))};
      std::string word;
      return static_cast<bool>(log >> word);
    });
  }

  std::atomic<int> running{0};
  std::atomic<bool> release{false};
  log_lines complaints;
};

} // namespace

TEST_CASE_METHOD(
  fixture, "what a pause stops is no failure and runs again on resume",
  "[actors][node][pause]") {
  start(loops());
  const auto n = trigger("a");
  wait_for_command(n);
  CHECK(tell(operator_verb::pause_iteration, n, true)->changed);
  wait_until_withdrawn(n, 1);
  eventually("it rests", [&] { return node->stats().iterations_asleep == 1; });
  CHECK(summary("a", n).paused);
  CHECK_FALSE(tell(operator_verb::pause_iteration, n, true)->changed);

  CHECK(tell(operator_verb::resume_iteration, n)->changed);
  eventually("the function runs", [&] { return running == 1; });
  CHECK(tell(operator_verb::pause_iteration, n, true)->changed);
  wait_until_withdrawn(n, 2);
  release = true;
  CHECK(tell(operator_verb::resume_iteration, n)->changed);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK_FALSE(summary("a", n).paused);
  CHECK(count<workflows::attempt_failed>("a", n) == 0);
  CHECK(node->journal().verify(number_of("a")));
  CHECK(complaints.read().empty());
}

TEST_CASE_METHOD(
  fixture, "a pause at the boundary lets what runs finish",
  "[actors][node][pause]") {
  start({loop("a")
           .stage(
             "first",
             [this](stage_context&) -> result<stage_output> {
               ++running;
               while (!release)
                 std::this_thread::yield();
               return stage_output{};
             })
           .stage("last", does_nothing())});
  const auto n = trigger("a");
  eventually("it runs", [&] { return running == 1; });
  CHECK(tell(operator_verb::pause_iteration, n)->changed);
  release = true;
  eventually("the first stage is done", [&] {
    return count<workflows::stage_succeeded>("a", n) == 1;
  });
  eventually("it rests", [&] { return node->stats().iterations_asleep == 1; });
  CHECK(count<workflows::attempt_started>("a", n) == 1);
  CHECK(tell(operator_verb::resume_iteration, n).ok());
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  fixture, "a pause outlives its node, and so does a stop under way",
  "[actors][node][pause][restart]") {
  start(loops());
  const auto n = trigger("a");
  wait_for_command(n);
  CHECK(tell(operator_verb::pause_iteration, n, true).ok());
  stop(); // Before or after the command has gone.
  start(loops());
  wait_until_withdrawn(n, 1);
  eventually("it rests", [&] { return node->stats().iterations_asleep == 1; });
  stop();
  release = true;
  start(loops());
  eventually("it rests", [&] { return node->stats().iterations_asleep == 1; });
  CHECK(tell(operator_verb::resume_iteration, n).ok());
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(count<workflows::attempt_failed>("a", n) == 0);
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  fixture, "a paused iteration can be canceled", "[actors][node][pause]") {
  start(loops());
  const auto n = trigger("a");
  wait_for_command(n);
  CHECK(tell(operator_verb::pause_iteration, n, true).ok());
  wait_until_withdrawn(n, 1);
  CHECK(tell(operator_verb::cancel, n).ok());
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::canceled);
  CHECK(tell(operator_verb::pause_iteration, n).err().code == errc::conflict);
}

TEST_CASE_METHOD(
  fixture, "items are stopped by a pause, and run again after it",
  "[actors][node][pause]") {
  start({loop("a")
           .stage("work", holds())
           .for_each(items({"de", "en", "fr"}).parallel(2))});
  const auto n = trigger("a");
  eventually("two run", [&] { return running == 2; });
  CHECK(tell(operator_verb::pause_iteration, n, true).ok());
  wait_until_withdrawn(n, 2);
  eventually("it rests", [&] { return node->stats().iterations_asleep == 1; });
  CHECK(running == 2);
  release = true;
  CHECK(tell(operator_verb::resume_iteration, n).ok());
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(running == 5);
  CHECK(count<workflows::attempt_failed>("a", n) == 0);
  CHECK(node->journal().verify(number_of("a")));
  CHECK(complaints.read().empty());
}

TEST_CASE_METHOD(
  fixture, "a function that waits in its middle goes on after the resume",
  "[actors][node][pause]") {
  auto& manual = use_manual_clock(from_ms(1'000'000));
  start({loop("a").stage(
    "work", [this](stage_context& context) -> result<stage_output> {
      ++running;
      const auto heard = context.wait_for_signal("go", 1h);
      if (!heard)
        return heard.err();
      return stage_output{{{"heard", heard->payload}}};
    })});
  const auto n = trigger("a");
  eventually("it waits", [&] {
    return count<workflows::attempt_suspended>("a", n) == 1;
  });
  CHECK(tell(operator_verb::pause_iteration, n).ok());
  CHECK(ask({.verb = operator_verb::signal,
             .loop = "a",
             .iteration = n,
             .signal = {"go", "1", "one"}})
          .ok());
  eventually("it rests", [&] { return node->stats().iterations_asleep == 1; });
  manual.advance(2h); // Its time is over, but the signal came before.
  CHECK(count<workflows::attempt_resumed>("a", n) == 0);
  CHECK(tell(operator_verb::resume_iteration, n).ok());
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(running == 2);
  CHECK(node->journal().verify(number_of("a")));
}
