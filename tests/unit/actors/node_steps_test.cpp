#include "tests/unit/actors/log_lines.hpp"
#include "tests/unit/actors/node_fixture.hpp"

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;
using workflows::iteration_outcome;

namespace {

/// One stage, a function that a test gives, under a clock that it moves.
struct fixture : node_fixture {
  fixture() { clock = &manual; }
  ~fixture() { stop(); } // Before the clock that it asks goes.

  static std::vector<loop>
  working(stage_function function, std::uint32_t tries = 3) {
    return {loop("a").stage(
      "work",
      callable(std::move(function))
        .timeout(30min)
        .retry(
          {.max_attempts = tries, .initial = 1ms, .cap = 1ms, .jitter = 0}))};
  }
  [[nodiscard]] workflows::stage_state
  work(const std::vector<loop>& loops, iteration_number n) const {
    return node->journal()
      .load_iteration(number_of("a"), n, loops.at(0).definition())
      .value()
      .stages.at("work");
  }
  void wait_until_asleep() {
    eventually(
      "it sleeps", [&] { return node->stats().iterations_asleep == 1; });
  }
  /// Time passes until the next try has been made.
  void pass_back_offs(iteration_number n) {
    eventually("it ends", [&] {
      manual.advance(1ms);
      return summary("a", n).outcome != iteration_outcome::running;
    });
    wait_for_end("a", n);
  }

  manual_clock manual{from_ms(1'000'000)};
  log_lines complaints;
  std::atomic<int> made{0};
  std::atomic<int> runs{0};
};

} // namespace

TEST_CASE_METHOD(
  fixture, "a step is done once, however often the stage is tried",
  "[actors][node][steps]") {
  const auto loops =
    working([this](stage_context& context) -> result<stage_output> {
      const auto rows = context.step("label", [&] {
        ++made;
        return std::map<std::string, int>{{"cat", 3}, {"dog", 4}};
      });
      if (!rows)
        return rows.err();
      if (++runs < 3)
        return error{errc::io_error, "after the step"};
      const auto done = context.step("publish", [&] { ++made; });
      if (!done)
        return done.err();
      return stage_output{{{"dogs", std::to_string(rows->at("dog"))}}};
    });
  start(loops);
  const auto n = trigger("a");
  pass_back_offs(n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(runs == 3);
  CHECK(made == 2);
  CHECK(work(loops, n).output.values.at("dogs") == "4");
  CHECK(count<workflows::step_recorded>("a", n) == 2);
  CHECK(node->journal().verify(number_of("a")));
  CHECK(complaints.read().empty());
}

TEST_CASE_METHOD(
  fixture, "a step that fails is not recorded", "[actors][node][steps]") {
  const auto loops =
    working([this](stage_context& context) -> result<stage_output> {
      const auto got = context.step("fetch", [&]() -> result<std::string> {
        if (++made < 3)
          return error{errc::io_error, "not there yet"};
        return std::string{"here"};
      });
      if (!got)
        return got.err();
      return stage_output{{{"got", *got}}};
    });
  start(loops);
  const auto n = trigger("a");
  pass_back_offs(n);
  CHECK(made == 3);
  CHECK(work(loops, n).output.values.at("got") == "here");
}

TEST_CASE_METHOD(
  fixture, "an operator's retry does the steps again",
  "[actors][node][steps]") {
  start(working([this](stage_context& context) -> result<stage_output> {
    if (auto done = context.step("count", [&] { return ++made; }); !done)
      return done.err();
    return stage_output{};
  }));
  const auto n = trigger("a");
  wait_for_end("a", n);
  REQUIRE(ask(
    {.verb = operator_verb::retry,
     .loop = "a",
     .iteration = n,
     .stage = "work",
     .who = "ada"}));
  eventually("it ran again", [&] { return made == 2; });
  wait_for_end("a", n);
}

TEST_CASE_METHOD(
  fixture, "steps that cannot be are errors that say so",
  "[actors][node][steps]") {
  std::vector<std::string> said;
  start(working([&](stage_context& context) -> result<stage_output> {
    const auto note = [&said](const auto& done) {
      said.push_back(done ? "" : done.err().message);
    };
    note(context.step("one", [] { return 1; }));
    note(context.step("one", [] { return 1; }));
    note(context.step("a/b", [] { return 1; }));
    note(context.step("nan", [] { return std::nan(""); }));
    note(context.step("large", [] { return std::string(70'000, 'x'); }));
    return stage_output{};
  }));
  const auto n = trigger("a");
  wait_for_end("a", n);
  REQUIRE(said.size() == 5);
  CHECK(said[0].empty());
  CHECK(said[1].find("was taken before in this run") != std::string::npos);
  CHECK(said[2].find("holds no '/'") != std::string::npos);
  CHECK(said[3].find("cannot be recorded") != std::string::npos);
  CHECK(said[4].find("more than 65536") != std::string::npos);
  CHECK(count<workflows::step_recorded>("a", n) == 1);
}

TEST_CASE_METHOD(
  fixture, "a step of another type is a conflict", "[actors][node][steps]") {
  const auto loops =
    working([this](stage_context& context) -> result<stage_output> {
      if (++runs == 1) {
        if (auto done = context.step("x", [] { return 1; }); !done)
          return done.err();
        return error{errc::io_error, "again"};
      }
      const auto text = context.step("x", [] { return std::string{"1"}; });
      return stage_output{{{"code", std::string{to_string(text.err().code)}}}};
    });
  start(loops);
  const auto n = trigger("a");
  pass_back_offs(n);
  CHECK(work(loops, n).output.values.at("code") == "conflict");
}

TEST_CASE_METHOD(
  fixture, "a sleeping attempt holds no thread, no slot and no memory",
  "[actors][node][steps]") {
  limits.slots = 1;
  const auto loops =
    working([this](stage_context& context) -> result<stage_output> {
      ++runs;
      if (auto done = context.step("before", [&] { ++made; }); !done)
        return done.err();
      if (auto slept = context.sleep_for("soak", 1h); !slept)
        return slept.err();
      if (auto done = context.step("after", [&] { ++made; }); !done)
        return done.err();
      return stage_output{{{"attempt", context.attempt_id()}}};
    });
  start(loops);
  const auto n = trigger("a");
  wait_until_asleep();
  CHECK(node->slots().at(0).held == 0);
  CHECK(made == 1);
  SECTION("and goes on when it is time") {}
  SECTION("also after a restart") {
    stop();
    start(loops);
  }
  SECTION("also when it was time while the node was down") {
    stop();
    manual.advance(2h);
    start(loops);
  }
  manual.advance(1h);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(runs == 2);
  CHECK(made == 2);
  // The same attempt, for all that.
  CHECK(work(loops, n).output.values.at("attempt") == "a.1.work.1");
  CHECK(count<workflows::attempt_started>("a", n) == 1);
  CHECK(count<workflows::attempt_resumed>("a", n) == 1);
  CHECK(node->journal().verify(number_of("a")));
  CHECK(complaints.read().empty());
}

TEST_CASE_METHOD(
  fixture, "a function waits for signals and for moments",
  "[actors][node][steps]") {
  const auto later = manual.now() + 3h;
  const auto loops =
    working([=](stage_context& context) -> result<stage_output> {
      const auto first = context.wait_for_signal("go", 1h);
      if (!first)
        return first.err();
      const auto second = context.wait_for_signal("go", 1h);
      const auto third = context.wait_for_signal("go", 1h);
      if (auto slept = context.sleep_until(later); !slept)
        return slept.err();
      return stage_output{
        {{"first", first->payload + " of " + first->from},
         {"second", second ? second->payload : ""},
         {"third", third ? "" : std::string{to_string(third.err().code)}}}};
    });
  start(loops);
  const auto n = trigger("a");
  wait_until_asleep();
  REQUIRE(signal(n, {"go", "1", "one"}));
  eventually("it waits for the second", [&] {
    return count<workflows::attempt_suspended>("a", n) == 2;
  });
  REQUIRE(signal(n, {"go", "2", "two"}));
  eventually("it waits for the third", [&] {
    return count<workflows::attempt_suspended>("a", n) == 3;
  });
  wait_until_asleep();
  manual.advance(1h);
  eventually("it sleeps", [&] {
    return count<workflows::attempt_suspended>("a", n) == 4;
  });
  wait_until_asleep();
  manual.advance(2h);
  wait_for_end("a", n);
  const auto values = work(loops, n).output.values;
  CHECK(values.at("first") == "one of ada");
  CHECK(values.at("second") == "two");
  CHECK(values.at("third") == "timed_out");
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  fixture, "each run has the whole time-out to itself",
  "[actors][node][steps]") {
  std::atomic<bool> in_second{false};
  const auto loops = working(
    [&](stage_context& context) -> result<stage_output> {
      if (auto slept = context.sleep_for("long", 24h); !slept)
        return slept.err();
      in_second = true;
      while (!context.canceled())
        std::this_thread::yield();
      return error{errc::canceled, "stopped"};
    },
    1);
  start(loops);
  const auto n = trigger("a");
  wait_until_asleep();
  manual.advance(24h);
  eventually("it runs again", [&] { return in_second.load(); });
  manual.advance(29min);
  CHECK(summary("a", n).outcome == iteration_outcome::running);
  manual.advance(1min);
  wait_for_end("a", n);
  CHECK(work(loops, n).failure_name == workflows::close_timeout);
}

TEST_CASE_METHOD(
  fixture, "who catches what suspends is told", "[actors][node][steps]") {
  const auto loops =
    working([](stage_context& context) -> result<stage_output> {
      try {
        (void)context.sleep_for("nap", 1h);
      } catch (...) {
        return stage_output{};
      }
      return stage_output{};
    });
  start(loops);
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::failed);
  CHECK(
    work(loops, n).failure.find("let stage_suspended pass") !=
    std::string::npos);
}

TEST_CASE_METHOD(
  fixture, "a sleeping attempt can be canceled", "[actors][node][steps]") {
  start(working([](stage_context& context) -> result<stage_output> {
    if (auto slept = context.sleep_for("nap", 24h); !slept)
      return slept.err();
    return stage_output{};
  }));
  const auto n = trigger("a");
  wait_until_asleep();
  REQUIRE(ask(
    {.verb = operator_verb::cancel,
     .loop = "a",
     .iteration = n,
     .who = "ada",
     .reason = "enough"}));
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::canceled);
  CHECK(node->slots().at(0).held == 0);
}

TEST_CASE_METHOD(
  fixture, "items wait in their middle, each for its own word",
  "[actors][node][steps][fan_out][restart]") {
  auto loops = working([this](stage_context& context) -> result<stage_output> {
    const auto item = context.item();
    const auto asked = context.step("ask", [&] { ++made; });
    if (!asked)
      return asked.err();
    const auto answer = context.wait_for_signal("labels " + item, 1h);
    if (!answer)
      return answer.err();
    return stage_output{{{"labels", answer->payload}}};
  });
  loops.front().for_each(items({"de", "fr"}));
  start(loops);
  const auto n = trigger("a");
  wait_until_asleep();
  REQUIRE(signal(n, {"labels fr", "1", "deux"}));
  eventually("one of them ends", [&] {
    return count<workflows::stage_succeeded>("a", n) == 1;
  });
  stop();
  start(loops);
  REQUIRE(signal(n, {"labels de", "2", "zwei"}));
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(made == 2);
  const auto units =
    node->journal()
      .load_iteration(number_of("a"), n, loops.at(0).definition())
      .value()
      .fan_outs.at("work")
      .units;
  CHECK(units.at(0).output.values.at("labels") == "zwei");
  CHECK(units.at(1).output.values.at("labels") == "deux");
  CHECK(node->journal().verify(number_of("a")));
  CHECK(complaints.read().empty());
}
