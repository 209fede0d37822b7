#include "live_loop.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

constexpr iteration_number it(std::uint64_t n) {
  return iteration_number{n};
}
constexpr version_number v(std::uint64_t n) {
  return version_number{n};
}

struct live_loop : loop_under_test {
  void start() { must(start_iteration{"ada", "now", joined(0)}); }
  /// Registers the next version, by iteration `by` (0: uploaded).
  void make_version(iteration_number by, const std::string& source) {
    must(register_version{source, by, {"model", "d1", 3}});
  }
};

} // namespace

TEST_CASE("a loop is adopted once", "[loop]") {
  live_loop live;
  CHECK(live.state.trigger.first_seen == live.now);
  live.now += 1h;
  CHECK(live.must(adopt_loop{}).empty());
  CHECK(live.state.trigger.first_seen == live.now - 1h);
}

TEST_CASE("a trigger's decision is recorded with its inputs", "[loop]") {
  live_loop live;
  CHECK(live.must(consider_start{joined(9)}).empty());
  live.state.data_to = sequence{4};
  live.state.champion = v(2);
  const auto events = live.must(consider_start{joined(10)});
  REQUIRE(events.size() == 1);
  const auto& record = std::get<iteration_requested>(events[0]);
  CHECK(record.number == it(1));
  CHECK(record.who == "trigger");
  CHECK(record.reason == "thumb gained 10 of 10");
  CHECK(record.inputs == joined(10));
  CHECK(record.fingerprint == fingerprint(live.definition));
  CHECK(record.data_from == sequence{4});
  CHECK(record.data_to == sequence{20});
  CHECK(record.champion == v(2));

  const auto first = first_event("digits", record);
  CHECK(first.loop == "digits");
  CHECK(first.number == record.number);
  CHECK(first.fingerprint == record.fingerprint);
  CHECK(first.data_to == record.data_to);
  CHECK(first.champion == record.champion);
}

TEST_CASE("the same inputs start one iteration", "[loop]") {
  live_loop live;
  CHECK(live.must(consider_start{joined(10)}).size() == 1);
  live.must(close_iteration{it(1), iteration_outcome::completed});
  CHECK(live.must(consider_start{joined(10)}).empty());
  CHECK(live.must(consider_start{joined(19)}).empty());
  CHECK(live.must(consider_start{joined(20)}).size() == 1);
  CHECK(live.state.last_iteration == it(2));
}

TEST_CASE("no trigger fires into a paused or full loop", "[loop]") {
  live_loop live;
  SECTION("paused") {
    live.must(pause_loop{"ada", "holiday"});
    CHECK(live.must(consider_start{joined(99)}).empty());
    CHECK(live.refused(start_iteration{"ada", "", {}}) == errc::conflict);
    live.must(resume_loop{"ada", "back"});
  }
  SECTION("full") {
    live.start();
    CHECK(live.must(consider_start{joined(99)}).empty());
    CHECK(live.refused(start_iteration{"ada", "", {}}) == errc::conflict);
    live.must(close_iteration{it(1), iteration_outcome::failed});
  }
  CHECK(live.must(consider_start{joined(99)}).size() == 1);
}

TEST_CASE("what fires into a full loop is skipped if so declared", "[loop]") {
  live_loop live;
  live.definition.trigger.busy = when_busy::skip;
  live.start();
  const auto events = live.must(consider_start{joined(99)});
  REQUIRE(events.size() == 1);
  const auto& skipped = std::get<start_skipped>(events[0]);
  CHECK(skipped.inputs == joined(99));
  CHECK_FALSE(skipped.reason.empty());
  // It counts as a start: the same feedback does not fire again.
  live.must(close_iteration{it(1), iteration_outcome::completed});
  CHECK(live.must(consider_start{joined(99)}).empty());
  CHECK(live.must(consider_start{joined(999)}).size() == 1);
}

TEST_CASE("a budget counts what the trigger started", "[loop]") {
  live_loop live;
  live.definition.trigger.budget = {1, 24h};
  live.must(start_iteration{"ada", "", joined(30)});
  CHECK(live.state.trigger.starts.empty());
  live.must(close_iteration{it(1), iteration_outcome::completed});
  CHECK(live.must(consider_start{joined(999)}).size() == 1);
  CHECK(live.state.trigger.starts.size() == 1);
  live.must(close_iteration{it(2), iteration_outcome::completed});
  CHECK(live.must(consider_start{joined(9999)}).empty());
  // An operator may.
  CHECK(live.must(start_iteration{"ada", "", joined(9999)}).size() == 1);
}

TEST_CASE("max_in_flight iterations overlap", "[loop]") {
  live_loop live;
  live.definition.max_in_flight = 2;
  live.start();
  live.start();
  CHECK(live.state.running.size() == 2);
  CHECK(live.refused(start_iteration{"ada", "", {}}) == errc::conflict);
}

TEST_CASE("an operator's start does not ask the condition", "[loop]") {
  live_loop live;
  live.definition.trigger.minimum = 100;
  live.definition.trigger.cooldown = 24h;
  live.start();
  live.must(close_iteration{it(1), iteration_outcome::completed});
  const auto events = live.must(start_iteration{"ada", "hotfix", joined(3)});
  const auto& record = std::get<iteration_requested>(events.at(0));
  CHECK(record.who == "ada");
  CHECK(record.reason == "hotfix");
  CHECK(record.number == it(2));
}

TEST_CASE("history is given out once, also to late inputs", "[loop]") {
  live_loop live;
  live.definition.max_in_flight = 2;
  live.must(start_iteration{"ada", "", joined(30)});
  const auto events = live.must(start_iteration{"ada", "", joined(20)});
  const auto& record = std::get<iteration_requested>(events.at(0));
  CHECK(record.data_from == sequence{60});
  CHECK(record.data_to == sequence{60});
}

TEST_CASE("an iteration is closed once and may be reopened", "[loop]") {
  live_loop live;
  CHECK(live.refused(reopen_iteration{it(1), "ada", ""}) == errc::not_found);
  CHECK(live.refused(reopen_iteration{it(0), "ada", ""}) == errc::not_found);
  live.start();
  CHECK(live.must(reopen_iteration{it(1), "ada", ""}).empty());
  live.now += 1h;
  CHECK(
    live.must(close_iteration{it(1), iteration_outcome::failed}).size() == 1);
  CHECK(live.state.trigger.last_end == live.now);
  CHECK(live.must(close_iteration{it(1), iteration_outcome::failed}).empty());
  CHECK(live.must(close_iteration{it(5), iteration_outcome::failed}).empty());

  live.must(reopen_iteration{it(1), "ada", ""});
  CHECK(live.state.running.contains(it(1)));
  live.must(close_iteration{it(1), iteration_outcome::failed});
  live.start();
  CHECK(live.refused(reopen_iteration{it(1), "ada", ""}) == errc::conflict);
}

TEST_CASE("pause and resume are recorded once each", "[loop]") {
  live_loop live;
  CHECK(live.must(resume_loop{"ada", ""}).empty());
  CHECK(live.must(pause_loop{"ada", ""}).size() == 1);
  CHECK(live.must(pause_loop{"bob", ""}).empty());
  CHECK(live.must(resume_loop{"ada", ""}).size() == 1);
  CHECK_FALSE(live.state.paused);
}

TEST_CASE("a version is registered once per source", "[loop]") {
  live_loop live;
  live.start();
  live.make_version(it(1), "digits.1.train.1");
  live.make_version(it(0), "upload");
  CHECK(live.state.last_version == v(2));
  CHECK(live.state.registered.at("digits.1.train.1").version == v(1));
  CHECK(live.must(register_version{"upload", it(0), {}}).empty());
  CHECK(live.must(register_version{"digits.1.train.1", it(1), {}}).empty());
  CHECK(live.state.last_version == v(2));
}

TEST_CASE("what is remembered of registrations is bounded", "[loop]") {
  live_loop live;
  live.start();
  live.make_version(it(1), "digits.1.train.1");
  for (std::size_t i = 0; i < kept_uploads + 3; ++i)
    live.make_version(it(0), "upload " + std::to_string(i));
  CHECK(live.state.registered.size() == kept_uploads + 1);
  CHECK_FALSE(live.state.registered.contains("upload 2"));
  CHECK(live.state.registered.contains("upload 3"));
  live.must(close_iteration{it(1), iteration_outcome::failed});
  CHECK(live.state.registered.size() == kept_uploads);
  // It is over: what it registers now would belong to nobody.
  CHECK(
    live.refused(register_version{"digits.1.train.2", it(1), {}}) ==
    errc::conflict);
}

TEST_CASE("a promotion moves the champion from what was expected", "[loop]") {
  live_loop live;
  live.start();
  live.make_version(it(1), "digits.1.train.1");
  const promote_version first{it(1), v(1), v(0), "better"};

  CHECK(
    live.refused(promote_version{it(1), v(2), v(0), ""}) == errc::not_found);
  CHECK(
    live.refused(promote_version{it(1), v(0), v(0), ""}) == errc::not_found);
  CHECK(live.refused(promote_version{it(2), v(1), v(0), ""}) == errc::conflict);
  CHECK(live.refused(promote_version{it(1), v(1), v(1), ""}) == errc::conflict);

  const auto events = live.must(first);
  const auto& move = std::get<champion_moved>(events.at(0));
  CHECK(move.kind == move_kind::promotion);
  CHECK(move.from == v(0));
  CHECK(move.to == v(1));
  CHECK(live.state.champion == v(1));
  CHECK(live.state.promoted_by == it(1));
  CHECK(live.must(first).empty());
}

TEST_CASE("a repeated promotion finds its own success", "[loop]") {
  live_loop live;
  live.definition.max_in_flight = 2;
  live.start();
  live.start();
  live.make_version(it(1), "digits.1.train.1");
  live.make_version(it(2), "digits.2.train.1");
  live.must(promote_version{it(1), v(1), v(0), ""});
  SECTION("after another iteration promoted") {
    live.must(promote_version{it(2), v(2), v(1), ""});
  }
  SECTION("after a rollback by hand") {
    live.must(set_champion{v(2), "ada", ""});
  }
  const auto champion = live.state.champion;
  CHECK(live.must(promote_version{it(1), v(1), v(0), ""}).empty());
  CHECK(live.state.champion == champion);
}

TEST_CASE("an operator may set any registered version", "[loop]") {
  live_loop live;
  CHECK(live.refused(set_champion{v(1), "ada", ""}) == errc::not_found);
  live.make_version(it(0), "a");
  live.make_version(it(0), "b");
  CHECK(live.refused(set_champion{v(0), "ada", ""}) == errc::not_found);
  CHECK(live.refused(set_champion{v(3), "ada", ""}) == errc::not_found);
  live.must(set_champion{v(1), "ada", ""});
  CHECK(live.must(set_champion{v(1), "ada", ""}).empty());
  live.must(set_champion{v(2), "ada", ""});
  CHECK(live.state.champion == v(2));
  CHECK(live.state.previous == v(1));
  CHECK(live.state.promoted_by == it(0));
}

TEST_CASE("a rollback returns to the champion before, one step", "[loop]") {
  live_loop live;
  CHECK(live.refused(roll_back{"ada", ""}) == errc::conflict);
  live.make_version(it(0), "a");
  live.make_version(it(0), "b");
  live.must(set_champion{v(1), "ada", ""});
  // The first champion has none before it.
  CHECK(live.refused(roll_back{"ada", ""}) == errc::conflict);
  live.must(set_champion{v(2), "ada", ""});
  const auto events = live.must(roll_back{"ada", "worse"});
  CHECK(std::get<champion_moved>(events.at(0)).kind == move_kind::rollback);
  CHECK(live.state.champion == v(1));
  CHECK(live.refused(roll_back{"ada", ""}) == errc::conflict);
}

TEST_CASE("a promotion against a champion taken back is refused", "[loop]") {
  live_loop live;
  live.make_version(it(0), "a");
  live.make_version(it(0), "b");
  live.must(set_champion{v(1), "ada", ""});
  live.must(set_champion{v(2), "ada", ""});
  live.start();
  live.make_version(it(1), "digits.1.train.1");
  live.must(roll_back{"ada", "worse"});
  CHECK(live.refused(promote_version{it(1), v(3), v(2), ""}) == errc::conflict);
}
