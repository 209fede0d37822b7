#include "actors/backtest.hpp"
#include "storage/artifacts.hpp"
#include "tests/unit/actors/node_events.hpp"
#include "tests/unit/actors/node_fixture.hpp"

#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;

namespace {

constexpr auto t0 = from_ms(1'780'000'000'000);

loop counting(std::uint64_t count) {
  return loop("a")
    .channel(boolean("ok"))
    .metric("liked")
    .from("ok")
    .retrain_when(feedback_count("ok", count))
    .stage("s", does_nothing());
}

struct fixture : node_fixture {
  fixture() : clock_(use_manual_clock(t0)) {}
  ~fixture() { stop(); }

  /// `n` users of version 1 at once, content or not; then a minute passes.
  void say(int n, bool ok) {
    storage::event_batch batch;
    batch.loop = "a";
    batch.received = clock_.now();
    for (int i = 0; i < n; ++i) {
      const auto id = std::to_string(++said_);
      storage::event_view seen;
      seen.kind = event_kind::interaction;
      seen.id = id;
      seen.version = version_number{1};
      batch.add(seen, static_cast<std::uint32_t>(batch.slots.size()));
      storage::event_view feedback;
      feedback.kind = event_kind::feedback;
      const auto feedback_id = "f" + id;
      feedback.id = feedback_id;
      feedback.interaction_id = id;
      feedback.channel = "ok";
      feedback.value = ok;
      batch.add(feedback, static_cast<std::uint32_t>(batch.slots.size()));
    }
    REQUIRE(append(std::move(batch)));
    clock_.advance(1min);
  }

  [[nodiscard]] actors::backtest_report
  try_out(const loop& tried, std::uint64_t look_every = 0) const {
    actors::backtest_wish wish;
    wish.loop = number_of("a");
    wish.definition = tried.definition();
    wish.until = clock_.now();
    wish.look_every = look_every;
    auto report = actors::run_backtest(node->journal(), node->history(), wish);
    INFO((report ? std::string{} : report.err().message));
    REQUIRE(report.ok());
    return std::move(*report);
  }

  manual_clock& clock_;
  int said_ = 0;
};

} // namespace

TEST_CASE_METHOD(
  fixture, "a back-test of a loop's own trigger finds what it did",
  "[actors][node][backtest]") {
  start({counting(20)});
  for (std::uint64_t n = 1; n <= 3; ++n) {
    for (int i = 0; i < 4; ++i)
      say(5, true);
    wait_for_end("a", iteration_number{n});
  }
  const auto own = try_out(counting(20), 1);
  REQUIRE(own.did.size() == 3);
  REQUIRE(own.would.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(own.would[i].reason == own.did[i].reason);
    CHECK(own.would[i].who == own.did[i].who);
    // At the moment at which the last of the feedback came, and not once it
    // had been counted.
    CHECK(own.would[i].at <= own.did[i].at);
    CHECK(own.did[i].at - own.would[i].at <= 1min);
  }
  CHECK(own.events == 120);
  CHECK(own.whole);
  CHECK(try_out(counting(10), 1).would.size() == 6);
  // Coarser, it is later, by less than that.
  const auto coarse = try_out(counting(20), 16);
  REQUIRE(coarse.would.size() >= 2);
  CHECK(coarse.would[0].at >= own.would[0].at);
}

TEST_CASE_METHOD(
  fixture, "a back-test watches for drops and counts time",
  "[actors][node][backtest]") {
  start({counting(1'000'000)});
  const auto made = node->artifacts().put_bytes("model", "model.txt");
  REQUIRE(made);
  actors::operator_request crown{
    .verb = operator_verb::add_version, .loop = "a"};
  crown.artifact = *made;
  crown.champion = true;
  crown.who = "ada";
  REQUIRE(ask(crown));
  for (int i = 0; i < 20; ++i)
    say(20, i < 10 || i % 2 == 0);
  const auto drop =
    loop("a")
      .channel(boolean("ok"))
      .metric("liked")
      .from("ok")
      .retrain_when(
        drop_of("liked", {.below = 0.9, .mean_days_between_false_alarms = 1}))
      .stage("s", does_nothing());
  const auto report = try_out(drop);
  REQUIRE(report.did.empty());
  REQUIRE_FALSE(report.would.empty());
  CHECK(report.would[0].at > t0 + 10min);
  CHECK_THAT(
    report.would[0].reason, Catch::Matchers::Contains("fell below 0.9"));
  const auto timed = try_out(loop("a")
                               .channel(boolean("ok"))
                               .retrain_when(every(7min))
                               .stage("s", does_nothing()));
  CHECK(timed.would.size() == 2);
}
