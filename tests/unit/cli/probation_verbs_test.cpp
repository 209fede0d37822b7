#include "cli/loop_changes.hpp"
#include "cli/loop_screen.hpp"
#include "cli/read_views.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"
#include "fake_engine.hpp"

using namespace ratchet;
using namespace ratchet::cli;
using Catch::Contains;

/// What the command line shows of a champion on probation, and of a version
/// that was taken back.

namespace {

std::string loop_of(const std::string& probation, const std::string& moved) {
  return R"({"name":"digits","paused":false,"champion":2,"previous":1,
"promoted_by":4,"events":10,"first_event":1,"running":[],"iterations":[],
"probation":)" +
    probation + R"(,"champion_moved":)" + moved + "}";
}

const std::string nothing = "null";
const std::string guarded = R"({"version":2,"previous":1,
"from":"2026-08-22T06:16:00.000Z","until":"2026-08-23T06:16:00.000Z",
"over":false})";
const std::string by_alarm = R"({"at":"2026-08-22T10:15:00.000Z","from":3,
"who":"probation","reason":"version 3 was taken back: accuracy fell"})";
const std::string by_hand = R"({"at":"2026-08-22T10:15:00.000Z","from":3,
"who":"ann","reason":"slow"})";

constexpr auto versions = R"({"champion":1,"versions":[
{"version":2,"champion":false,"iteration":4,
 "created":"2026-08-22T10:00:00.000Z",
 "artifact":{"name":"m","bytes":10,"digest":"aaaaaaaaaaaaaaaa"},
 "rolled_back":{"at":"2026-08-22T10:15:00.000Z","to":1,"who":"probation",
  "reason":"accuracy fell","decision":3}},
{"version":1,"champion":true,"iteration":null,
 "created":"2026-08-22T09:00:00.000Z",
 "artifact":{"name":"m","bytes":10,"digest":"bbbbbbbbbbbbbbbb"},
 "rolled_back":null}],"next_before":null})";

} // namespace

TEST_CASE_METHOD(
  verb_fixture, "a loop shows its champion's probation", "[cli][probation]") {
  fake.answers("GET /v1/loops/digits", loop_of(guarded, nothing));
  REQUIRE(get_loop(context, "digits").ok());
  CHECK_THAT(
    out.text(), Contains("probation 20h00m to go; an alarm brings v1 back\n"));
}

TEST_CASE_METHOD(
  verb_fixture, "a loop shows that its champion has passed",
  "[cli][probation]") {
  clock.advance(std::chrono::hours{21});
  auto over = guarded;
  over.replace(over.find("false"), 5, "true");
  fake.answers("GET /v1/loops/digits", loop_of(over, by_hand));
  REQUIRE(get_loop(context, "digits").ok());
  CHECK_THAT(out.text(), Contains("probation v2 has passed, 1h00m ago\n"));
  CHECK_THAT(out.text(), !Contains("rollback"));
}

TEST_CASE_METHOD(
  verb_fixture, "a loop shows why its champion is back", "[cli][probation]") {
  fake.answers("GET /v1/loops/digits", loop_of(nothing, by_alarm));
  REQUIRE(get_loop(context, "digits").ok());
  CHECK_THAT(
    out.text(),
    Contains("rollback  version 3 was taken back: accuracy fell\n") &&
      !Contains("probation "));
}

TEST_CASE_METHOD(
  verb_fixture, "versions show what was taken back", "[cli][probation]") {
  fake.answers("GET /v1/loops/digits/versions?limit=20", versions);
  REQUIRE(list_versions(context, "digits", 20).ok());
  CHECK_THAT(
    out.text(),
    Contains("DIGEST        ROLLED BACK\n") &&
      Contains("aaaaaaaaaaaa  1m00s ago by probation: accuracy fell\n") &&
      Contains("bbbbbbbbbbbb\n"));
}

TEST_CASE_METHOD(
  verb_fixture, "a timeline says that its version was taken back",
  "[cli][probation]") {
  fake.answers(
    "GET /v1/loops/digits/iterations/7/timeline",
    R"({"loop":"digits","number":7,"started":"2026-08-22T10:15:20.000Z",
"ended":"2026-08-22T10:16:00.000Z","outcome":"promoted","rolled_back":
{"at":"2026-08-22T10:15:30.000Z","to":1,"who":"ann","reason":"","decision":3},
"stages":[]})");
  REQUIRE(show_timeline(context, "digits", 7).ok());
  CHECK_THAT(out.text(), Contains("\nrolled back 30s ago by ann\n\n"));
}

TEST_CASE("who watches a loop sees it", "[cli][probation]") {
  const auto before = read_loop(json::parse(loop_of(guarded, by_hand)));
  auto after = read_loop(json::parse(loop_of(nothing, by_alarm)));
  after.champion.version = 1;
  const auto said = changes(before, after);
  REQUIRE(said.size() == 1);
  CHECK(
    said[0] ==
    "champion is version 1, was 2: version 3 was taken back: accuracy fell");
  screen_facts facts;
  facts.now = before.champion.probation_until - std::chrono::hours{2};
  const auto drawn = [&](const loop_view& loop) {
    return draw_loop(loop, facts, {120, 40}, palette{false});
  };
  CHECK_THAT(drawn(before), Contains("on probation for 2h00m"));
  CHECK_THAT(drawn(after), Contains("version 3 was taken back"));
}
