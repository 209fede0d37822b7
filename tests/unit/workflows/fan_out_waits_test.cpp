#include "plans.hpp"

#include "workflows/sleep.hpp"
#include "workflows/wait_list.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

using enum stage_status;

namespace {

/// A function for three languages, and what comes after it.
struct working : live_iteration {
  explicit working(
    std::uint32_t parallel = 0, item_policy policy = item_policy::fail)
      : live_iteration(stages(parallel, policy)) {
    begin();
  }

  static std::vector<stage_definition>
  stages(std::uint32_t parallel, item_policy policy) {
    auto work = step("work", {}, stage_kind::callable);
    auto& options = work.for_each.emplace();
    options.items = {"de", "fr", "it"};
    options.parallel = parallel;
    options.policy = policy;
    return {work, step("publish", {"work"})};
  }

  [[nodiscard]] const stage_state& unit(const std::string& name) const {
    REQUIRE(it.find(name) != nullptr);
    return *it.find(name);
  }
  [[nodiscard]] std::vector<stage_status> units() const {
    std::vector<stage_status> all;
    for (const auto& each : it.fan_outs.at("work").units)
      all.push_back(each.status);
    return all;
  }
  void rest(const std::string& name, duration time) {
    must(suspend_attempt{
      name, unit(name).attempt, "nap", step_kind::sleep, {}, now + time});
  }
  void listen(const std::string& name, const std::string& signal) {
    must(suspend_attempt{
      name, unit(name).attempt, "signal " + signal, step_kind::signal, signal,
      now + 1h});
  }
  void done(const std::string& name) {
    must(finish_attempt{name, unit(name).attempt, {}, false});
  }
};

using all = std::vector<stage_status>;

} // namespace

TEST_CASE("an item waits in its middle", "[fan_out][steps]") {
  working live{2};
  CHECK(live.units() == all{running, running, pending});
  live.rest("work[0]", 1h);
  // It keeps its place among those that are under way.
  CHECK(live.units() == all{waiting, running, pending});
  CHECK(live.it.fan_outs.at("work").counts.waiting == 1);
  CHECK_FALSE(asleep_until(live.it));
  live.rest("work[1]", 2h);
  CHECK(asleep_until(live.it) == live.now + 1h);
  const auto armed = recover(live.it);
  REQUIRE(armed.size() == 2);
  CHECK(std::get<wake_for_deadline>(armed[0]).stage == "work[0]");
  CHECK(std::get<wake_for_deadline>(armed[1]).at == live.now + 2h);
  const auto listed = waits_of(live.plan, live.it);
  REQUIRE(listed.size() == 2);
  CHECK(
    listed[0] ==
    wait_info{
      "work[0]", wait_kind::sleep, 1, "", live.now, live.now + 1h,
      "the attempt goes on", ""});

  CHECK(live.refused(pass_deadline{"work[0]"}).code == errc::conflict);
  live.now += 1h;
  const auto resumed = live.must(pass_deadline{"work[0]"});
  REQUIRE(resumed.size() == 1);
  CHECK(
    std::get<attempt_resumed>(resumed[0]) ==
    attempt_resumed{"work[0]", 1, 0, live.now, live.now + 30min});
  CHECK(live.unit("work[0]").steps.at("nap").over);
  live.done("work[0]");
  CHECK(live.units() == all{succeeded, waiting, running});
  live.now += 1h;
  live.must(pass_deadline{"work[1]"});
  live.done("work[1]");
  live.done("work[2]");
  CHECK(live.status("work") == succeeded);
  CHECK(live.status("publish") == running);
}

TEST_CASE("an item takes the signal it waits for", "[fan_out][steps]") {
  working live;
  live.listen("work[1]", "go");
  live.listen("work[2]", "go");
  live.listen("work[0]", "other");
  // Of two that wait for the same, the first in the list of items.
  const auto events = live.must(send_signal{"go", "1", "ada", "x"});
  REQUIRE(events.size() == 2);
  CHECK(std::get<attempt_resumed>(events[1]).stage == "work[1]");
  CHECK(std::get<attempt_resumed>(events[1]).signal == 1);
  CHECK(live.it.signals.at(0).taken_by == "work[1]");
  CHECK(live.units() == all{waiting, running, waiting});
  // One that is there already is taken at once.
  live.must(send_signal{"later", "2", "ada", "y"});
  const auto again = live.must(suspend_attempt{
    "work[1]", 1, "signal later", step_kind::signal, "later", live.now + 1h});
  REQUIRE(again.size() == 2);
  CHECK(std::get<attempt_resumed>(again[1]).signal == 2);
  // Without one, its time passes.
  live.now += 1h;
  live.must(pass_deadline{"work[2]"});
  CHECK(live.unit("work[2]").steps.at("signal go").timed_out);
}

TEST_CASE("an item that waits can be let go", "[fan_out][steps]") {
  SECTION("skipped") {
    working live;
    live.rest("work[0]", 1h);
    live.must(skip_stage{"work[0]", "ada", "no time"});
    CHECK(live.units() == all{skipped, running, running});
    CHECK(live.must(pass_deadline{"work[0]"}).empty());
  }
  SECTION("canceled with its iteration") {
    working live;
    live.rest("work[0]", 1h);
    live.cancel();
    CHECK(live.units() == all{canceled, running, running});
  }
  SECTION("because its stage can only fail") {
    working live;
    live.rest("work[0]", 1h);
    live.must(fail_attempt{"work[1]", 1, crash});
    CHECK(live.units() == all{canceled, failed, running});
    // Nobody begins to wait for what will not matter.
    live.rest("work[2]", 1h);
    CHECK(live.units() == all{canceled, failed, canceled});
    CHECK(live.it.outcome == iteration_outcome::failed);
  }
}

TEST_CASE("a pause holds an item that waits", "[fan_out][steps][pause]") {
  working live;
  live.rest("work[0]", 1h);
  live.must(pause_iteration{"ada", "look", false});
  live.now += 2h;
  CHECK(live.must(pass_deadline{"work[0]"}).empty());
  const auto events = live.must(resume_iteration{"ada", ""});
  const auto wanted = effects(live.it, events.front());
  REQUIRE(wanted.size() == 1);
  CHECK(std::get<wake_for_deadline>(wanted[0]).stage == "work[0]");
  live.must(pass_deadline{"work[0]"});
  CHECK(live.units() == all{running, running, running});
}
