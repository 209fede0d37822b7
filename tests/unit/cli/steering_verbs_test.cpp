#include "cli/verbs.hpp"
#include "fake_engine.hpp"

#include <fcntl.h>

using namespace ratchet;
using namespace ratchet::cli;

namespace {

constexpr auto two_running = R"({"iterations":[
{"number":9,"outcome":"running","reason":"by hand","paused":true},
{"number":4,"outcome":"running","reason":"by hand"}],"next_before":null})";

operator_wish wish_for(std::string verb) {
  operator_wish wish;
  wish.verb = std::move(verb);
  wish.loop = "digits";
  wish.reason = "r";
  wish.who = "ada";
  return wish;
}

/// Nobody to ask at the other end of stdin.
struct steering_fixture : verb_fixture {
  steering_fixture() {
    context.in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    REQUIRE(context.in >= 0);
  }
  ~steering_fixture() { close(context.in); }
  steering_fixture(const steering_fixture&) = delete;
  steering_fixture& operator=(const steering_fixture&) = delete;
};

} // namespace

TEST_CASE_METHOD(
  steering_fixture, "one iteration is paused, resumed and labeled", "[cli]") {
  const auto done = R"({"iteration":7,"version":0,"changed":true})";
  for (const auto* verb : {"pause", "resume", "label"})
    fake.answers(
      std::string{"POST /v1/loops/digits/iterations/7/"} + verb, done);
  auto wish = wish_for("pause");
  wish.iteration = 7;
  wish.now = true;
  REQUIRE(operate(context, wish).ok());
  CHECK(
    json::parse(fake.log().back().body) ==
    json({{"who", "ada"}, {"reason", "r"}, {"now", true}}));
  wish.verb = "resume";
  wish.now = false;
  REQUIRE(operate(context, wish).ok());
  wish.verb = "label";
  wish.labels = {"team=vision", "old-", "empty="};
  REQUIRE(operate(context, wish).ok());
  CHECK(
    json::parse(fake.log().back().body)["labels"] ==
    json({{"team", "vision"}, {"old", nullptr}, {"empty", ""}}));
  CHECK(
    out.text() ==
    "iteration 7 of digits paused\n"
    "iteration 7 of digits resumed\n"
    "iteration 7 of digits labeled\n");
  wish.labels = {"team"};
  CHECK(operate(context, wish).err().code == errc::invalid_argument);
}

TEST_CASE_METHOD(
  steering_fixture, "all that match are canceled, and each is told", "[cli]") {
  fake.answers(
    "GET /v1/loops/digits/iterations?limit=500&state=running&stage=train",
    two_running);
  fake.answers("POST /v1/loops/digits/iterations/cancel", R"({"results":[
    {"iteration":4,"changed":true,"error":null},
    {"iteration":9,"changed":false,
     "error":{"code":"conflict","message":"it is ending"}}]})");
  auto wish = wish_for("cancel");
  wish.filter.stage = "train"; // That they run is meant.
  const auto unasked = operate(context, wish);
  CHECK(unasked.err().code == errc::invalid_argument);
  CHECK(
    unasked.err().message ==
    "this would cancel 2 iterations of digits; give --yes, because nobody can "
    "be asked");
  CHECK(fake.log().size() == 1);
  wish.yes = true;
  const auto done = operate(context, wish);
  CHECK(done.err().code == errc::failed_condition);
  CHECK(done.err().message == "1 of 2 iterations refused");
  CHECK(
    json::parse(fake.log().back().body) ==
    json({{"who", "ada"}, {"reason", "r"}, {"iterations", {9, 4}}}));
  CHECK(
    out.text() ==
    "N  OUTCOME\n"
    "4  done\n"
    "9  refused: it is ending\n");
}

TEST_CASE_METHOD(
  steering_fixture, "everything of a loop is paused with the loop", "[cli]") {
  fake.answers(
    "GET /v1/loops/digits/iterations?limit=500&state=running", two_running);
  fake.answers(
    "POST /v1/loops/digits/pause",
    R"({"iteration":0,"version":0,"changed":true})");
  fake.answers("POST /v1/loops/digits/iterations/pause", R"({"results":[]})");
  auto wish = wish_for("pause");
  wish.now = true;
  wish.yes = true;
  REQUIRE(operate(context, wish).ok());
  const auto log = fake.log();
  REQUIRE(log.size() == 4);
  CHECK(log[1].target == "/v1/loops/digits/pause");
  CHECK_FALSE(json::parse(log[1].body).contains("now"));
  CHECK(log[2].target == log[0].target); // One may have begun meanwhile.
  CHECK(json::parse(log[3].body)["now"] == true);
}

TEST_CASE_METHOD(
  steering_fixture, "a verb for iterations wants to know which", "[cli]") {
  for (const auto* verb :
       {"cancel", "retry", "skip", "label", "approve", "signal"}) {
    const auto refused = operate(context, wish_for(verb));
    CHECK(refused.err().code == errc::invalid_argument);
  }
  auto skip = wish_for("skip");
  skip.all = true;
  CHECK(operate(context, skip).err().code == errc::invalid_argument);
  CHECK(fake.log().empty());
}

TEST_CASE_METHOD(verb_fixture, "the audit log is a table", "[cli]") {
  fake.answers("GET /v1/audit?limit=20&loop=digits&who=ada", R"({"entries":[
    {"at":"2026-08-22T10:15:30.000Z","loop":"digits","verb":"skip",
     "iteration":7,"stage":"train","version":null,"who":"ada",
     "reason":"flaky","outcome":"refused","detail":"stage runs"},
    {"at":"2026-08-22T09:16:00.000Z","loop":"digits","verb":"promote",
     "iteration":null,"version":3,"who":"ada","reason":"better",
     "outcome":"accepted"}],"next_before":null})");
  audit_request what;
  what.loop = "digits";
  what.who = "ada";
  REQUIRE(show_audit(context, what).ok());
  CHECK(
    out.text() ==
    "AT         WHO  VERB     TARGET          OUTCOME   REASON\n"
    "30s ago    ada  skip     digits 7 train  refused   flaky (stage runs)\n"
    "1h00m ago  ada  promote  digits v3       accepted  better\n");
}
