#include "tests/unit/actors/node_fixture.hpp"

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;
using workflows::iteration_outcome;

namespace {

class nested_fixture : public node_fixture {
public:
  /// Runs while it is held.
  stage_function held() {
    return [this](stage_context& context) -> result<stage_output> {
      ++runs;
      while (hold && !context.canceled())
        std::this_thread::yield();
      return stage_output{};
    };
  }
  [[nodiscard]] workflows::stage_state stage(
    const std::string& loop, iteration_number n,
    const std::string& name) const {
    const auto plan =
      node->journal()
        .load_definition(number_of(loop), summary(loop, n).start.fingerprint)
        .value();
    return node->journal()
      .load_iteration(number_of(loop), n, plan)
      .value()
      .stages.at(name);
  }
  [[nodiscard]] std::uint64_t iterations_of(const std::string& loop) const {
    return node->journal().load_state(number_of(loop))->last_iteration.value;
  }
  void wait_for_child(std::uint64_t number) {
    eventually("the child runs", [&] {
      return iterations_of("small") == number && runs > 0;
    });
  }
  void operate(operator_verb verb, const std::string& loop) {
    REQUIRE(ask({.verb = verb, .loop = loop, .who = "t", .reason = "test"}));
  }
  void cancel_caller(iteration_number n) {
    REQUIRE(ask(
      {.verb = operator_verb::cancel,
       .loop = "big",
       .iteration = n,
       .who = "t",
       .reason = "wrong data"}));
  }

  std::atomic<bool> hold{true};
  std::atomic<int> runs{0};
};

loop big(nested_loop options = {}) {
  return loop("big").run_loop("child", "small", options).promote();
}

/// Without a promotion: nothing of a child can be promoted.
loop caller(nested_loop options = {}) {
  return loop("big").run_loop("child", "small", options);
}

const iteration_number first{1};

} // namespace

TEST_CASE_METHOD(
  nested_fixture, "a stage runs an iteration of another loop",
  "[actors][node][nested]") {
  start(
    {caller(),
     loop("small").stage("train", writes("model.txt", "w")).promote()});
  const auto n = trigger("big");
  wait_for_end("big", n);
  CHECK(summary("big", n).outcome == iteration_outcome::completed);
  CHECK(summary("small", first).outcome == iteration_outcome::promoted);
  CHECK(summary("small", first).start.reason == "stage \"child\" of it");
  const auto values = stage("big", n, "child").output.values;
  CHECK(values.at("loop") == "small");
  CHECK(values.at("iteration") == "1");
  CHECK(values.at("outcome") == "promoted");
  CHECK(values.at("version") == "1");
  CHECK(summary("big", n).version == version_number{});
  CHECK(node->journal().verify(number_of("big")));
  CHECK(node->journal().verify(number_of("small")));
}

TEST_CASE_METHOD(
  nested_fixture, "a child's version is not the caller's to promote",
  "[actors][node][nested]") {
  start(
    {big(), loop("small").stage("train", writes("model.txt", "w")).promote()});
  const auto n = trigger("big");
  wait_for_end("big", n);
  CHECK(summary("big", n).outcome == iteration_outcome::failed);
}

TEST_CASE_METHOD(
  nested_fixture, "a child that fails fails its stage, or is told",
  "[actors][node][nested]") {
  const bool goes_on = GENERATE(false, true);
  start(
    {caller({.on_failed = goes_on ? child_policy::go_on : child_policy::fail}),
     loop("small").stage("work", [](stage_context&) -> result<stage_output> {
       return error{errc::invalid_argument, "boom"};
     })});
  const auto n = trigger("big");
  wait_for_end("big", n);
  if (goes_on) {
    CHECK(summary("big", n).outcome == iteration_outcome::completed);
    CHECK(stage("big", n, "child").output.values.at("outcome") == "failed");
  } else {
    CHECK(
      summary("big", n).verdict ==
      "stage \"child\" failed at attempt 1: iteration 1 of small ended failed: "
      "stage \"work\" failed at attempt 1: boom");
  }
}

TEST_CASE_METHOD(
  nested_fixture, "a restart finds the child that was started",
  "[actors][node][nested][restart]") {
  const std::vector<loop> loops{caller(), loop("small").stage("work", held())};
  start(loops);
  const auto n = trigger("big");
  wait_for_child(1);
  stop();
  start(loops);
  eventually("the child runs again", [&] { return runs == 2; });
  hold = false;
  wait_for_end("big", n);
  CHECK(summary("big", n).outcome == iteration_outcome::completed);
  CHECK(iterations_of("small") == 1);
  CHECK(count<workflows::attempt_started>("big", n) == 1);
}

TEST_CASE_METHOD(
  nested_fixture, "a child that ended while its caller was away is not lost",
  "[actors][node][nested][restart]") {
  const auto small = loop("small").stage("work", held());
  start({caller(), small});
  const auto n = trigger("big");
  wait_for_child(1);
  stop();
  hold = false;
  start({small});
  wait_for_end("small", first);
  stop();
  start({caller(), small});
  wait_for_end("big", n);
  CHECK(summary("big", n).outcome == iteration_outcome::completed);
  CHECK(iterations_of("small") == 1);
}

TEST_CASE_METHOD(
  nested_fixture, "a cancel reaches the child", "[actors][node][nested]") {
  start({caller(), loop("small").stage("work", held())});
  const auto n = trigger("big");
  wait_for_child(1);
  cancel_caller(n);
  wait_for_end("big", n);
  CHECK(summary("big", n).outcome == iteration_outcome::canceled);
  CHECK(summary("small", first).outcome == iteration_outcome::canceled);
  CHECK(
    summary("small", first).verdict ==
    "canceled by iteration 1 of big: canceled with it");
}

TEST_CASE_METHOD(
  nested_fixture, "a loop that is paused is waited for",
  "[actors][node][nested]") {
  hold = false;
  start({caller(), loop("small").stage("work", held())});
  operate(operator_verb::pause, "small");
  const auto n = trigger("big");
  eventually("the stage waits", [&] {
    return stage("big", n, "child").status == workflows::stage_status::running;
  });
  CHECK(iterations_of("small") == 0);
  SECTION("until it goes on") {
    operate(operator_verb::resume, "small");
    wait_for_end("big", n);
    CHECK(summary("big", n).outcome == iteration_outcome::completed);
  }
  SECTION("or the caller is canceled") {
    cancel_caller(n);
    wait_for_end("big", n);
    CHECK(iterations_of("small") == 0);
  }
}

TEST_CASE_METHOD(
  nested_fixture, "at the deadline the child is canceled",
  "[actors][node][nested]") {
  auto& manual = use_manual_clock(from_ms(1'790'000'000'000));
  start({caller({.within = 2h}), loop("small").stage("work", held())});
  const auto n = trigger("big");
  wait_for_child(1);
  manual.advance(2h);
  wait_for_end("big", n);
  CHECK(
    summary("big", n).verdict ==
    "stage \"child\" failed at attempt 1: iteration 1 of small did not end "
    "within 2h");
  CHECK(summary("small", first).outcome == iteration_outcome::canceled);
}
