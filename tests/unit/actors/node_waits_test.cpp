#include "storage/artifacts.hpp"
#include "tests/unit/actors/log_lines.hpp"
#include "tests/unit/actors/node_fixture.hpp"

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;
using workflows::iteration_outcome;
using workflows::stage_status;

namespace {

/// prepare -> `wait` -> publish, under a clock that a test moves.
struct fixture : node_fixture {
  fixture() { clock = &manual; }
  ~fixture() { stop(); } // Before the clock that it asks goes.

  static loop waiting(const std::function<void(loop&)>& wait) {
    auto out = loop("a");
    out.timing(asynchronous{.max_in_flight = 100})
      .stage("prepare", does_nothing());
    wait(out);
    return out.stage("publish", does_nothing());
  }
  static std::vector<loop> for_approval() {
    return {waiting([](loop& l) {
      l.approval("sign-off", {.within = 24h, .on_timeout = on_timeout::reject});
    })};
  }
  static std::vector<loop> for_labels() {
    return {waiting([](loop& l) {
      l.wait_for_signal(
        "labels",
        {.signal = "labels-ready",
         .within = 24h,
         .on_timeout = on_timeout::skip});
    })};
  }

  result<actors::operator_answer>
  say(operator_verb verb, iteration_number n, std::string reason = "because") {
    return ask(
      {.verb = verb,
       .loop = "a",
       .iteration = n,
       .who = "ada",
       .reason = std::move(reason)});
  }
  static actors::signal_content labels(std::string payload, std::string id) {
    return {"labels-ready", std::move(id), std::move(payload)};
  }
  void wait_until_asleep(std::uint64_t count = 1) {
    eventually(
      "they sleep", [&] { return node->stats().iterations_asleep == count; });
  }
  [[nodiscard]] workflows::iteration
  state(const std::vector<loop>& loops, iteration_number n) const {
    return node->journal()
      .load_iteration(number_of("a"), n, loops.at(0).definition())
      .value();
  }

  manual_clock manual{from_ms(1'000'000'000)};
  log_lines complaints;
};

} // namespace

TEST_CASE_METHOD(
  fixture, "what waits for an approval is not in memory until it has one",
  "[actors][node][waits]") {
  start(for_approval());
  const auto n = trigger("a");
  wait_until_asleep();
  const auto answer = say(operator_verb::approve, n, "looks good");
  REQUIRE(answer);
  CHECK(answer->changed);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(count<workflows::stage_approved>("a", n) == 1);
  // Said again after the end it is no news, and the opposite is refused.
  const auto again = say(operator_verb::approve, n);
  REQUIRE(again);
  CHECK_FALSE(again->changed);
  CHECK(say(operator_verb::reject, n).err().code == errc::conflict);
  CHECK(node->journal().verify(number_of("a")));
  CHECK(complaints.read().empty());
}

TEST_CASE_METHOD(
  fixture, "a rejection survives what comes between question and answer",
  "[actors][node][waits][restart]") {
  start(for_approval());
  const auto n = trigger("a");
  wait_until_asleep();
  stop();
  start(for_approval());
  wait_until_asleep(); // Its supervisor begins after the node has started.
  REQUIRE(say(operator_verb::reject, n, "too slow"));
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::rejected);
  CHECK(
    summary("a", n).verdict ==
    "approval \"sign-off\" was rejected by ada: too slow");
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  fixture, "a deadline that passes while the node is down has passed",
  "[actors][node][waits][restart]") {
  start(for_approval());
  const auto n = trigger("a");
  wait_until_asleep();
  stop();
  manual.advance(25h);
  start(for_approval());
  // Whoever is quicker, this or the alarm: the answer comes too late.
  CHECK(say(operator_verb::approve, n).err().code == errc::conflict);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::rejected);
  CHECK(
    summary("a", n).verdict ==
    "approval \"sign-off\" was rejected: nobody answered within 1d");
}

TEST_CASE_METHOD(
  fixture, "a deadline holds by the wall clock, wherever that jumps",
  "[actors][node][waits]") {
  start(for_labels());
  const auto n = trigger("a");
  wait_until_asleep();
  manual.advance(-48h);
  const auto second = trigger("a");
  wait_until_asleep(2);
  manual.advance(24h); // The second is due, two days before the first.
  wait_for_end("a", second);
  CHECK(count<workflows::wait_timed_out>("a", second) == 1);
  CHECK(summary("a", n).outcome == iteration_outcome::running);
  manual.advance(48h);
  wait_for_end("a", n);
  CHECK(count<workflows::wait_timed_out>("a", n) == 1);
  CHECK(summary("a", n).verdict == "all stages succeeded or were skipped");
}

TEST_CASE_METHOD(
  fixture, "a signal is there for later stages", "[actors][node][waits]") {
  std::atomic<bool> go{false};
  std::promise<std::string> seen;
  auto loops = std::vector<loop>{
    loop("a")
      .stage(
        "prepare",
        [&](stage_context&) -> result<stage_output> {
          go.wait(false);
          return stage_output{};
        })
      .wait_for_signal(
        "labels",
        {.signal = "labels-ready",
         .within = 24h,
         .on_timeout = on_timeout::fail})
      .stage(
        "publish",
        [&](stage_context& context) -> result<stage_output> {
          const auto none = context.input_value("labels", "nope");
          const auto said = context.input_value("labels", "payload");
          seen.set_value(
            said && !none && none.err().code == errc::not_found ? *said : "");
          return stage_output{};
        })
      .stage(
        "tell",
        command({"/bin/sh", "-c", "cp \"$RATCHET_VALUES\" $RATCHET_OUTPUT"}))};
  start(loops);
  const auto n = trigger("a");
  // Before anyone waits for it: kept.
  REQUIRE(signal(n, labels("s3://labels/42", "batch")));
  CHECK_FALSE(signal(n, labels("s3://labels/42", "batch"))->changed);
  CHECK(signal(n, labels("other", "batch")).err().code == errc::conflict);
  go = true;
  go.notify_all();
  wait_for_end("a", n);
  CHECK(seen.get_future().get() == "s3://labels/42");
  const auto told = state(loops, n).stages.at("tell").output;
  REQUIRE(told.artifacts.size() == 1);
  std::ifstream file{*node->artifacts().path_of(told.artifacts[0].digest)};
  std::string text;
  std::getline(file, text);
  CHECK(
    text ==
    R"({"labels":{"from":"ada","id":"batch","payload":)"
    R"("s3://labels/42"}})");
}

TEST_CASE_METHOD(
  fixture, "many that wait are each answered once", "[actors][node][waits]") {
  start(for_labels());
  constexpr std::uint64_t many = 30;
  for (std::uint64_t n = 0; n < many; ++n)
    trigger("a");
  wait_until_asleep(many);
  for (iteration_number n{1}; n.value <= many; n = n.next())
    REQUIRE(signal(n, labels(std::to_string(n.value), "")));
  for (iteration_number n{1}; n.value <= many; n = n.next()) {
    wait_for_end("a", n);
    CHECK(count<workflows::signal_taken>("a", n) == 1);
    CHECK(count<workflows::wait_timed_out>("a", n) == 0);
  }
  CHECK(node->journal().sleepers(number_of("a"))->empty());
  CHECK(node->journal().verify(number_of("a")));
  CHECK(complaints.read().empty());
}

TEST_CASE_METHOD(fixture, "a sleep ends on time", "[actors][node][waits]") {
  start({waiting([](loop& l) { l.sleep("soak", 1h); })});
  const auto n = trigger("a");
  wait_until_asleep();
  manual.advance(1h);
  wait_for_end("a", n);
  CHECK(count<workflows::stage_slept>("a", n) == 1);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
}
