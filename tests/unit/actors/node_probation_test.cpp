#include "storage/monitor_store.hpp"
#include "storage/store.hpp"
#include "tests/unit/actors/node_events.hpp"
#include "tests/unit/actors/node_fixture.hpp"

#include <algorithm>
#include <vector>

/// A champion on probation, through a real node, its monitor and restarts.

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;
using workflows::champion_moved;
using workflows::drop_level;

namespace {

constexpr auto t0 = from_ms(1'780'000'000'000);

loop guarded(const std::string& name) {
  return loop(name)
    .channel(boolean("ok"))
    .metric("liked")
    .from("ok")
    .alarm({.below = 0.8})
    .stage("train", writes("model", "weights"))
    .promote({.probation = 24h});
}

struct fixture : node_fixture {
  fixture() : now(use_manual_clock(t0)) {}
  ~fixture() { stop(); }

  void begin() { start({guarded("a"), guarded("b")}); }
  void promote(const std::string& to) { wait_for_end(to, trigger(to)); }
  /// Loop "a" with version 2 in the place of 1, on probation.
  void promote_two() {
    begin();
    promote("a");
    now.advance(1h);
    promote("a");
    REQUIRE(state("a").champion == two);
    REQUIRE(workflows::probation_of(state("a")));
  }
  /// `count` pieces of feedback on `version`, one every ten minutes from `from`
  /// on. The engine has them then.
  void say(version_number version, bool ok, time_point from, int count) {
    for (int i = 0; i < count; ++i) {
      auto interaction = served(++said);
      interaction.version = version;
      REQUIRE(append(events_of(
        "a", {interaction, liked(said, ok)},
        from + i * std::chrono::minutes{10})));
    }
  }
  void wait_for_all() {
    const auto loop = number_of("a");
    eventually("all is counted", [&] {
      return storage::load_monitor_cursor(node->store(), loop).value() ==
        node->history().end(loop);
    });
  }
  [[nodiscard]] workflows::loop_state state(const std::string& of) const {
    return node->journal().load_state(number_of(of)).value();
  }
  [[nodiscard]] bool has_alarm() const {
    const auto marks = state("a").alarms;
    return std::any_of(marks.begin(), marks.end(), [](const auto& mark) {
      return mark.level == drop_level::alarm;
    });
  }
  [[nodiscard]] std::vector<champion_moved> rollbacks() const {
    std::vector<champion_moved> found;
    const auto all = node->journal().loop_events(number_of("a"), 0, 1000);
    for (const auto& event : all.value())
      if (const auto* move = std::get_if<champion_moved>(&event))
        if (move->kind == workflows::move_kind::rollback)
          found.push_back(*move);
    return found;
  }
  [[nodiscard]] version_number served_by_a() const {
    return node->assignments()->at("a").version;
  }
  void wait_for_rollback() {
    eventually("version 1 serves again", [&] { return served_by_a() == one; });
  }

  manual_clock& now;
  int said = 0;
  static constexpr version_number one{1};
  static constexpr version_number two{2};
};

} // namespace

TEST_CASE_METHOD(
  fixture, "an alarm within the probation takes the champion back, once",
  "[actors][node][probation]") {
  promote_two();
  promote("b");
  promote("b");
  const auto promoted = now.now();
  say(two, true, promoted, 10);
  say(two, false, promoted + 2h, 60);
  wait_for_rollback();
  REQUIRE(rollbacks().size() == 1);
  const auto moved = rollbacks()[0];
  CHECK(moved.from == two);
  CHECK(moved.to == one);
  CHECK(moved.who == "probation");
  REQUIRE(moved.alarm);
  CHECK(moved.alarm->metric == "liked");
  CHECK(moved.alarm->since == promoted);
  CHECK(moved.alarm->until == promoted + 24h);
  const auto& reading = moved.alarm->reading;
  CHECK(reading.version == two);
  CHECK(reading.evidence >= 30);
  CHECK(reading.recent_mean == 0);
  CHECK(reading.low < reading.mean);
  CHECK(reading.mean < reading.high);
  CHECK(
    moved.reason ==
    workflows::rollback_sentence(*moved.alarm, moved.from, moved.to));
  // The record of the version says so, in the same batch.
  const auto mark = node->registry().rollback_of(number_of("a"), two).value();
  REQUIRE(mark);
  CHECK(mark->to == one);
  CHECK(mark->reason == moved.reason);
  const auto event =
    node->journal().loop_events(number_of("a"), mark->event, 1);
  CHECK(std::get<champion_moved>(event.value().at(0)) == moved);
  CHECK_FALSE(node->registry().rollback_of(number_of("a"), one).value());
  CHECK(
    node->registry().alias(number_of("a"), "champion")->reason == moved.reason);

  // What else is said of version 2 changes nothing, nor does a restart; and
  // another loop's champion stays.
  say(two, false, promoted + 13h, 20);
  wait_for_all();
  stop();
  begin();
  say(two, false, promoted + 17h, 20);
  wait_for_all();
  CHECK(rollbacks().size() == 1);
  CHECK(served_by_a() == one);
  CHECK(state("b").champion == two);
  CHECK(workflows::probation_of(state("b")));
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  fixture, "an alarm counts although no node ran at the probation's end",
  "[actors][node][probation]") {
  promote_two();
  const auto promoted = now.now();
  say(two, false, promoted, 60);
  stop(); // Most likely before the monitor has come so far.
  now.advance(10 * 24h);
  begin();
  wait_for_rollback();
  REQUIRE(rollbacks().size() == 1);
  CHECK(rollbacks()[0].alarm->reading.at < promoted + 24h);
  CHECK(state("a").champion == one);
}

TEST_CASE_METHOD(
  fixture, "after the probation an alarm is only raised",
  "[actors][node][probation]") {
  promote_two();
  const auto promoted = now.now();
  say(two, true, promoted, 100);
  now.advance(24h);
  say(two, false, promoted + 24h, 80);
  eventually("the alarm is raised", [&] { return has_alarm(); });
  wait_for_all();
  stop();
  begin();
  wait_for_all();
  CHECK(rollbacks().empty());
  CHECK(served_by_a() == two);
  CHECK(workflows::open_alarms(state("a"), drop_level::alarm) == 1);
}

TEST_CASE_METHOD(
  fixture, "an operator's rollback marks the version, too, and ends it",
  "[actors][node][probation]") {
  promote_two();
  const auto promoted = now.now();
  REQUIRE(ask(
    {.verb = operator_verb::rollback,
     .loop = "a",
     .who = "ann",
     .reason = "it is slow"}));
  const auto mark = node->registry().rollback_of(number_of("a"), two).value();
  REQUIRE(mark);
  CHECK(mark->who == "ann");
  CHECK(mark->reason == "it is slow");
  say(one, false, promoted, 80);
  eventually("the alarm is raised", [&] { return has_alarm(); });
  CHECK(rollbacks().size() == 1);
  CHECK(state("a").champion == one);
}
