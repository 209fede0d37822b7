#include "workflows/loop_state.hpp"

#include "plans.hpp"

/// Synchronous and asynchronous loops: when the feedback window is closed,
/// which versions count, and who may still promote.

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

using versions = std::vector<version_number>;
using ranges = std::vector<sequence_range>;

constexpr iteration_number it(std::uint64_t n) {
  return iteration_number{n};
}
constexpr version_number v(std::uint64_t n) {
  return version_number{n};
}
constexpr sequence at(std::uint64_t n) {
  return sequence{n};
}

struct live_loop {
  loop_definition definition = plan_of({step("train")});
  loop_state state;
  time_point now = from_ms(1'000'000);

  explicit live_loop(timing_policy timing) {
    definition.timing = timing;
    must(adopt_loop{});
    for (const auto* name : {"a", "b", "c", "d"})
      must(register_version{name, {}, {}});
  }

  std::vector<loop_event> must(const loop_command& command) {
    auto events = decide(definition, state, command, now);
    INFO((events ? std::string{} : events.err().message));
    REQUIRE(events.ok());
    for (const auto& event : *events)
      apply(state, event);
    return *events;
  }
  /// Starts with what joined up to `cursor`, when `end` was taken in.
  iteration_requested start(std::uint64_t cursor, std::uint64_t end) {
    trigger_inputs inputs;
    inputs.cursor = at(cursor);
    inputs.joined["thumb"] = cursor;
    return std::get<iteration_requested>(
      must(start_iteration{"ada", "", inputs, at(end)}).at(0));
  }
  void close(std::uint64_t number, std::uint64_t end) {
    must(close_iteration{
      it(number), iteration_outcome::completed, {}, {{"thumb", end}}, at(end)});
  }
  void crown(std::uint64_t version) {
    must(set_champion{v(version), "ada", ""});
  }
  errc refused(const loop_command& command) {
    const auto events = decide(definition, state, command, now);
    REQUIRE_FALSE(events.ok());
    return events.err().code;
  }
};

constexpr timing_policy in_turns{
  timing_mode::synchronous, 0, late_policy::into_next_dataset};
constexpr timing_policy overlapping(std::uint32_t staleness) {
  return {timing_mode::asynchronous, staleness, late_policy::into_next_dataset};
}

} // namespace

TEST_CASE("a synchronous loop learns from its champion alone", "[timing]") {
  live_loop live{in_turns};
  CHECK(live.start(10, 10).admits.versions == versions{v(0)});
  live.close(1, 10);
  live.crown(1);
  CHECK(live.start(20, 20).admits.versions == versions{v(1)});
  live.close(2, 20);
  live.crown(2);
  CHECK(live.start(30, 30).admits.versions == versions{v(2)});
}

TEST_CASE(
  "a synchronous loop's window is closed while it updates", "[timing]") {
  live_loop live{in_turns};
  // The monitor has seen 10 of 12: the other two came in time.
  const auto first = live.start(10, 12);
  CHECK(first.window == at(12));
  CHECK(first.admits.closed.empty());
  live.close(1, 30);
  CHECK(live.state.closed == ranges{{at(12), at(30)}});
  // Its data ends within the closed time: the rest is for the next.
  const auto second = live.start(20, 40);
  CHECK(second.data_from == at(10));
  CHECK(second.admits.closed == ranges{{at(12), at(30)}});
  live.close(2, 50);
  const auto third = live.start(60, 60);
  CHECK(third.admits.closed == ranges{{at(12), at(30)}, {at(40), at(50)}});
  CHECK(live.state.closed.empty());
}

TEST_CASE("a reopened iteration closes the window again", "[timing]") {
  live_loop live{in_turns};
  live.start(10, 10);
  live.close(1, 20);
  const auto again = live.must(reopen_iteration{it(1), "ada", "", {}, at(25)});
  CHECK(std::get<iteration_reopened>(again.at(0)).window == at(25));
  live.close(1, 30);
  CHECK(
    live.start(40, 40).admits.closed ==
    ranges{{at(10), at(20)}, {at(25), at(30)}});
}

TEST_CASE("counting begins anew when the window opens", "[timing]") {
  for (const auto mode : {timing_mode::synchronous, timing_mode::open}) {
    live_loop live{{mode, 0, late_policy::into_next_dataset}};
    live.definition.trigger.condition =
      trigger_condition{condition_kind::feedback_count, "thumb", 10, {}, {}};
    live.start(10, 10);
    live.close(1, 25);
    trigger_inputs inputs;
    inputs.cursor = at(30);
    inputs.joined["thumb"] = 30;
    const auto fired =
      !decide(
         live.definition, live.state, consider_start{inputs, at(30)}, live.now)
         ->empty();
    CHECK(fired == (mode == timing_mode::open));
    inputs.joined["thumb"] = 35;
    CHECK(live.must(consider_start{inputs, at(35)}).size() == 1);
  }
}

TEST_CASE("an open loop admits all", "[timing]") {
  live_loop live{{}};
  live.crown(1);
  const auto start = live.start(10, 10);
  CHECK_FALSE(start.admits.versions);
  CHECK_FALSE(start.window);
  live.close(1, 20);
  CHECK(live.start(30, 30).admits.closed.empty());
}

TEST_CASE("an asynchronous loop admits the last champions", "[timing]") {
  struct row {
    std::uint32_t staleness;
    versions admitted;
  };
  const auto r = GENERATE(
    row{0, {v(4)}}, row{1, {v(4), v(3)}}, row{2, {v(4), v(3), v(1)}},
    // 0 is the time before the first.
    row{3, {v(4), v(3), v(1), v(0)}}, row{9, {v(4), v(3), v(1), v(0)}});
  live_loop live{overlapping(r.staleness)};
  CHECK(live.start(0, 0).admits.versions == versions{v(0)});
  live.close(1, 0);
  for (const auto version : {1, 3, 4})
    live.crown(static_cast<std::uint64_t>(version));
  const auto start = live.start(10, 10);
  CHECK(start.admits.versions == r.admitted);
  CHECK_FALSE(start.window);
}

TEST_CASE("a champion that came back counts from its last time", "[timing]") {
  live_loop live{overlapping(2)};
  for (const auto version : {1, 2, 1})
    live.crown(static_cast<std::uint64_t>(version));
  CHECK(live.start(10, 10).admits.versions == versions{v(1), v(2)});
}

TEST_CASE("a rollback forgets the champions before it", "[timing]") {
  live_loop live{overlapping(3)};
  live.crown(1);
  live.crown(2);
  live.must(roll_back{"ada", "worse"});
  CHECK(live.start(10, 10).admits.versions == versions{v(1)});
  live.close(1, 10);
  live.crown(3);
  CHECK(live.start(20, 20).admits.versions == versions{v(3), v(1)});
}

TEST_CASE("what is remembered of champions is bounded", "[timing]") {
  live_loop live{overlapping(most_staleness)};
  for (std::uint64_t n = 5; n <= most_staleness + 50; ++n) {
    live.must(register_version{"e" + std::to_string(n), {}, {}});
    live.crown(n);
  }
  CHECK(live.state.champions.size() == most_staleness + 1);
  CHECK(live.state.champions.front() == live.state.champion);
}

TEST_CASE(
  "an overlapping iteration promotes if it is not too far behind", "[timing]") {
  live_loop live{overlapping(1)};
  live.definition.max_in_flight = 3;
  live.crown(1);
  live.start(10, 10);
  live.start(20, 20);
  live.start(30, 30);
  const auto made = [&](std::uint64_t by) {
    live.must(register_version{"by " + std::to_string(by), it(by), {}});
    return live.state.last_version;
  };
  const auto oldest = made(1);
  const auto middle = made(2);
  const auto newest = made(3);
  live.must(promote_version{it(2), middle, v(1), ""});
  // Against a champion it never met: refused, whatever its number.
  CHECK(
    live.refused(promote_version{it(3), newest, v(2), ""}) == errc::conflict);
  // One behind, but older than the champion.
  CHECK(
    live.refused(promote_version{it(1), oldest, v(1), ""}) == errc::conflict);
  SECTION("one behind, and newer") {
    const auto events = live.must(promote_version{it(3), newest, v(1), ""});
    CHECK(std::get<champion_moved>(events.at(0)).from == middle);
    CHECK(live.state.champion == newest);
  }
  SECTION("not where no staleness is declared") {
    live.definition.timing = overlapping(0);
    CHECK(
      live.refused(promote_version{it(3), newest, v(1), ""}) == errc::conflict);
    live.definition.timing = {};
    CHECK(
      live.refused(promote_version{it(3), newest, v(1), ""}) == errc::conflict);
  }
  SECTION("not two behind") {
    live.crown(4);
    live.crown(2);
    CHECK(
      live.refused(promote_version{it(3), newest, v(1), ""}) == errc::conflict);
  }
  SECTION("not past a rollback") {
    live.must(roll_back{"ada", "worse"});
    CHECK(
      live.refused(promote_version{it(3), newest, middle, ""}) ==
      errc::conflict);
    live.must(promote_version{it(3), newest, v(1), ""});
  }
}

TEST_CASE("a loop that becomes asynchronous forgets no window", "[timing]") {
  live_loop live{in_turns};
  live.start(10, 10);
  live.definition.timing = overlapping(1);
  live.definition.max_in_flight = 2;
  const auto second = live.start(30, 30);
  CHECK(second.admits.closed == ranges{{at(10), at(30)}});
  CHECK_FALSE(second.window);
  live.close(1, 40);
  CHECK(live.start(50, 50).admits.closed == ranges{{at(10), at(40)}});
}
