#include "storage/artifacts.hpp"
#include "storage/monitor_store.hpp"
#include "storage/store.hpp"
#include "tests/unit/actors/node_events.hpp"
#include "tests/unit/actors/node_fixture.hpp"

#include <algorithm>
#include <vector>

/// Metrics over time and alarms, through a real node and its restarts.

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;

namespace {

constexpr auto t0 = from_ms(1'780'000'000'000);

loop watched() {
  return loop("a")
    .channel(boolean("ok"))
    .channel(number_between("latency", 0, 2'000))
    .metric("liked")
    .from("ok")
    .metric("slowness")
    .from("latency")
    .lower_is_better()
    .alarm({.above = 500})
    .slice_by("device")
    .join_within(2h)
    .windows({3h, 1h, 24h});
}

loop idle() {
  return watched().stage("s", does_nothing());
}

/// Starts an iteration for a drop, which makes a new champion.
loop healing() {
  return watched()
    .retrain_when(drop_of("liked", {.below = 0.8}))
    .stage("train", writes("model", "better"))
    .promote();
}

struct fixture : node_fixture {
  ~fixture() { stop(); }

  /// One interaction of `version` and what is said of it, `minute`.
  void say(int n, version_number version, bool ok, duration at) {
    using slice = storage::event_view::slice;
    const auto id = std::to_string(n);
    const std::string interaction = "i-" + id;
    const std::string thumb = "f-" + id;
    const std::string latency = "l-" + id;
    const std::vector<slice> slices{{"device", n % 3 == 0 ? "pen" : "finger"}};
    storage::event_batch batch;
    batch.loop = "a";
    batch.received = t0 + at;
    storage::event_view view;
    view.id = interaction;
    view.version = version;
    view.at = t0 + at - duration{n % 7 * 60'000};
    view.slices = slices;
    batch.add(view, 0);
    storage::event_view feedback;
    feedback.kind = event_kind::feedback;
    feedback.interaction_id = interaction;
    feedback.id = thumb;
    feedback.channel = "ok";
    feedback.value = ok;
    batch.add(feedback, 1);
    feedback.id = latency;
    feedback.channel = "latency";
    feedback.value = 100.0 + n % 50;
    batch.add(feedback, 2);
    REQUIRE(append(std::move(batch)));
  }
  [[nodiscard]] storage::monitor_state monitor() const {
    return storage::load_monitor(node->store(), number_of("a")).value();
  }
  [[nodiscard]] analysis::metric_history history() const {
    return storage::load_history(node->store(), number_of("a")).value();
  }
  [[nodiscard]] workflows::loop_state state() const {
    return node->journal().load_state(number_of("a")).value();
  }
  void wait_for_all(std::size_t said) {
    eventually(
      "all is counted", [&] { return monitor().cursor == sequence{3 * said}; });
  }
  void make_champion(const std::string& bytes) {
    const auto made = node->artifacts().put_bytes(bytes, "model");
    REQUIRE(made);
    REQUIRE(ask(
      {.verb = operator_verb::add_version,
       .loop = "a",
       .artifact = *made,
       .champion = true,
       .who = "t"}));
  }
  template <class Event>
  [[nodiscard]] std::vector<Event> decisions() const {
    std::vector<Event> found;
    const auto all = node->journal().loop_events(number_of("a"), 0, 1000);
    for (const auto& event : all.value())
      if (const auto* one = std::get_if<Event>(&event))
        found.push_back(*one);
    return found;
  }
  result<actors::operator_answer> acknowledge(std::uint64_t alarm) {
    return ask(
      {.verb = operator_verb::acknowledge,
       .loop = "a",
       .who = "ada",
       .reason = "a broken client",
       .alarm = alarm});
  }
};

} // namespace

TEST_CASE(
  "metrics over time are the same bits through restarts",
  "[actors][node][monitor]") {
  constexpr int all = 240;
  fixture whole;
  fixture broken;
  const auto say = [](fixture& to, int n) {
    to.say(n, {}, n % 5 != 0, n * 10min);
  };
  whole.start({idle()});
  for (int n = 0; n < all; ++n)
    say(whole, n);
  whole.wait_for_all(all);
  for (int n = 0; n < all; ++n) {
    // Some of them before the monitor can have counted what came last.
    if (n % 60 == 0) {
      broken.stop();
      broken.start({idle()});
    }
    say(broken, n);
  }
  broken.wait_for_all(all);
  const auto a = whole.monitor();
  const auto b = broken.monitor();
  CHECK(a.joined == b.joined);
  CHECK(a.metrics.cells() == b.metrics.cells());
  CHECK(a.drops.all == b.drops.all);
  const auto over_time = whole.history();
  const auto again = broken.history();
  CHECK(over_time.marks() == again.marks());
  CHECK(over_time.cells() == again.cells());
  CHECK(over_time.panes() == again.panes());

  // And they are right.
  const analysis::metric_key liked{
    "liked", {}, analysis::slice_scope::overall, {}, {}};
  CHECK(mean(*a.metrics.find(liked)) == Approx(0.8));
  CHECK(over_time.marks().newest == t0 + (all - 1) * 10min);
  CHECK(over_time.watermark() == t0 + (all - 1) * 10min - 2h);
  const auto windows = over_time.windows(liked, 99);
  CHECK(windows.size() == 24);
  for (const auto& window : windows)
    if (window.final)
      CHECK(window.value.sums.count == 18);
  const analysis::metric_key slow{
    "slowness", {}, analysis::slice_scope::overall, {}, {}};
  CHECK(over_time.find(slow)->values->count() == all);
  CHECK(
    over_time.find(slow)->values->quantile(0.5) == Approx(124).epsilon(.02));
  REQUIRE(a.drops.all.size() == 1);
  CHECK(a.drops.all.begin()->second.seen.count == all);
  CHECK(whole.state().alarms.empty());
}

TEST_CASE_METHOD(
  fixture, "a drop raises an alarm that starts the iteration that ends it",
  "[actors][node][monitor]") {
  start({healing()});
  make_champion("first");
  const version_number first{1};
  int n = 0;
  for (; n < 30; ++n)
    say(n, first, true, n * 10min);
  wait_for_all(static_cast<std::size_t>(n));
  CHECK(state().alarms.empty());
  stop();
  start({healing()});
  // Of another version it says nothing of the champion.
  say(n, version_number{7}, false, n * 10min);
  for (++n; n < 31 + 60; ++n)
    say(n, first, false, n * 10min);
  eventually("the alarm has made a new champion", [&] {
    return state().champion.value == 2;
  });
  wait_for_end("a", iteration_number{1});
  wait_for_all(static_cast<std::size_t>(n));
  const auto raised = decisions<workflows::drop_raised>();
  const auto alarm = std::find_if(
    raised.begin(), raised.end(), [](const workflows::drop_raised& one) {
      return one.reading.level == workflows::drop_level::alarm;
    });
  REQUIRE(alarm != raised.end());
  CHECK(alarm->metric == "liked");
  CHECK(alarm->reading.version == first);
  CHECK(alarm->reading.evidence >= 30);
  CHECK(alarm->reading.threshold == 30);
  CHECK(alarm->reading.recent_mean == 0);
  const auto starts = decisions<workflows::iteration_requested>();
  REQUIRE(starts.size() == 1); // The champion's watch began anew.
  CHECK(starts[0].reason == alarm->sentence);
  CHECK(starts[0].inputs.drops.at(alarm->condition) == alarm->reading);
  const auto marks = state().alarms;
  CHECK(std::all_of(marks.begin(), marks.end(), [](const auto& mark) {
    return mark.closed.has_value();
  }));
  // What is said of the first counts for nothing now.
  for (; n < 31 + 120; ++n)
    say(n, first, false, n * 10min);
  wait_for_all(static_cast<std::size_t>(n));
  for (const auto& [condition, watch] : monitor().drops.all) {
    CHECK(watch.origin.version.value == 2);
    CHECK(watch.seen.count == 0);
  }
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  fixture, "an alarm is raised once, through restarts, and acknowledged",
  "[actors][node][monitor]") {
  const std::vector<loop> loops{idle().metric("kind").from("ok").alarm(
    {.below = 0.8, .mean_days_between_false_alarms = 10})};
  start(loops);
  int n = 0;
  for (; n < 60; ++n)
    say(n, {}, false, n * 10min);
  const auto has_alarm = [&] {
    const auto marks = state().alarms;
    return std::any_of(marks.begin(), marks.end(), [](const auto& mark) {
      return mark.level == workflows::drop_level::alarm;
    });
  };
  eventually("the alarm is raised", has_alarm);
  stop();
  start(loops);
  for (; n < 70; ++n)
    say(n, {}, false, n * 10min);
  wait_for_all(static_cast<std::size_t>(n));
  const auto alarms_now = [&] {
    std::vector<std::uint64_t> found;
    for (const auto& mark : state().alarms)
      if (mark.level == workflows::drop_level::alarm)
        found.push_back(mark.event);
    return found;
  };
  REQUIRE(alarms_now().size() == 1);
  const auto alarm = alarms_now()[0];
  CHECK(acknowledge(alarm + 1).err().code == errc::not_found);
  REQUIRE(acknowledge(alarm)->changed);
  CHECK_FALSE(acknowledge(alarm)->changed);
  stop();
  start(loops);
  CHECK_FALSE(acknowledge(alarm)->changed);
  // The watch begins anew with what comes.
  say(n, {}, false, n * 10min);
  ++n;
  wait_for_all(static_cast<std::size_t>(n));
  CHECK(alarms_now().size() == 1);
  const auto watch = monitor().drops.all;
  CHECK(std::any_of(watch.begin(), watch.end(), [](const auto& entry) {
    return entry.second.metric == "kind" && entry.second.seen.count == 1 &&
      entry.second.origin.record > 0;
  }));
  for (; n < 140; ++n)
    say(n, {}, false, n * 10min);
  eventually("it is raised again", [&] { return alarms_now().size() == 2; });
  CHECK(node->journal().verify(number_of("a")));
}
