#include "cli/verbs.hpp"
#include "fake_engine.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace ratchet;
using namespace ratchet::cli;

namespace {

constexpr auto loops = R"({"loops":[
{"name":"digits","paused":false,"champion":5,"last_iteration":7,"events":12345,
 "running":[7]},
{"name":"spam","paused":true,"champion":null,"last_iteration":null,"events":0,
 "running":[]}]})";

constexpr auto iteration = R"({"loop":"digits","number":7,
"reason":"correction gained 312 of 300","champion":5,"data_from":100,
"data_to":412,"started":"2026-08-22T10:15:30.000Z",
"ended":"2026-08-22T10:15:50.000Z","outcome":"rejected",
"cancel_requested":false,"end_reason":"no regression: worse","version":6,
"stages":[
 {"name":"train","status":"succeeded","attempt":2,
  "started":"2026-08-22T10:15:35.000Z","ended":"2026-08-22T10:15:40.000Z",
  "failure":"","sentence":"","values":{"rows":"250"},"progress":null,
  "attempts":[
   {"attempt":1,"outcome":"failed","message":"exited with code 3"},
   {"attempt":2,"outcome":"succeeded"}]},
 {"name":"no regression","status":"refused","attempt":1,
  "started":"2026-08-22T10:15:40.000Z","ended":"2026-08-22T10:15:40.010Z",
  "failure":"","sentence":"accuracy 0.90 against 0.92","values":{},
  "progress":null,"attempts":[{"attempt":1,"outcome":"refused"}]}]})";

} // namespace

TEST_CASE_METHOD(verb_fixture, "ls lists loops as a table", "[cli]") {
  fake.answers("GET /v1/loops", loops);
  REQUIRE(list_loops(context).ok());
  CHECK(
    out.text() ==
    "LOOP    STATE    ITERATION  CHAMPION  EVENTS\n"
    "digits  running          7  v5        12,345\n"
    "spam    paused           0  -              0\n");
}

TEST_CASE_METHOD(
  verb_fixture, "lists are arrays, lines or names too", "[cli]") {
  fake.answers("GET /v1/loops", loops);
  context.output = output_format::name;
  REQUIRE(list_loops(context).ok());
  CHECK(out.text() == "digits\nspam\n");
  context.output = output_format::json;
  REQUIRE(list_loops(context).ok());
  CHECK(out.text().find("[{\"champion\":5,") == 12);
  context.output = output_format::jsonl;
  REQUIRE(list_loops(context).ok());
  CHECK(out.text().find("\n{\"champion\":null") != std::string::npos);
}

TEST_CASE_METHOD(
  verb_fixture, "an iteration shows stages, attempts and evidence", "[cli]") {
  fake.answers("GET /v1/loops/digits/iterations/7", iteration);
  REQUIRE(get_iteration(context, "digits", 7).ok());
  CHECK(
    out.text() ==
    "iteration 7 of digits  rejected\n"
    "reason    correction gained 312 of 300\n"
    "verdict   no regression: worse\n"
    "version   v6\n"
    "champion  v5\n"
    "data      events 101 to 412\n"
    "started   30s ago, took 20s\n"
    "\n"
    "STAGE          STATUS     ATTEMPT  TOOK  RESULT\n"
    "train          succeeded        2  5.0s  rows 250\n"
    "no regression  refused          1  10ms  accuracy 0.90 against 0.92\n"
    "\n"
    "train\n"
    "  attempt 1 failed: exited with code 3\n"
    "  attempt 2 succeeded\n");
}

TEST_CASE_METHOD(
  verb_fixture, "an iteration shows skips and the cleanup that ran", "[cli]") {
  fake.answers(
    "GET /v1/loops/digits/iterations/7", R"({"loop":"digits","number":7,
"reason":"by hand","champion":null,"data_from":0,"data_to":0,
"started":"2026-08-22T10:15:30.000Z","ended":null,"outcome":"running",
"cancel_requested":false,"ending":"failed","end_reason":"train failed",
"version":null,"stages":[
 {"name":"tune","status":"skipped","attempt":0,"cleanup":null,
  "skipped_by":"condition","skip_reason":"rows 3 is not > 9"},
 {"name":"check","status":"skipped","attempt":0,"cleanup":null,
  "skipped_by":"ada","skip_reason":"flaky"},
 {"name":"notify","status":"succeeded","attempt":1,"cleanup":"on_failure",
  "started":"2026-08-22T10:15:35.000Z","ended":"2026-08-22T10:15:40.000Z"},
 {"name":"unlock","status":"pending","attempt":0,"cleanup":"always"}]})");
  REQUIRE(get_iteration(context, "digits", 7).ok());
  CHECK(
    out.text() ==
    "iteration 7 of digits  running, cleaning up before it ends failed\n"
    "reason    by hand\n"
    "verdict   train failed\n"
    "champion  -\n"
    "data      no new events\n"
    "started   30s ago, took 30s\n"
    "\n"
    "STAGE             STATUS     ATTEMPT  TOOK  RESULT\n"
    "tune              skipped                   skipped: rows 3 is not > 9\n"
    "check             skipped                   skipped by ada: flaky\n"
    "notify (cleanup)  succeeded        1  5.0s\n");
}

TEST_CASE_METHOD(verb_fixture, "a skip says what it did", "[cli]") {
  fake.answers(
    "POST /v1/loops/digits/iterations/7/skip",
    R"({"iteration":7,"version":0,"changed":true})");
  operator_wish wish;
  wish.verb = "skip";
  wish.loop = "digits";
  wish.iteration = 7;
  wish.stage = "no regression";
  wish.reason = "flaky";
  wish.who = "ada";
  REQUIRE(operate(context, wish).ok());
  CHECK(out.text() == "stage no regression of iteration 7 of digits skipped\n");
  REQUIRE(fake.log().size() == 1);
  CHECK(
    fake.log()[0].body ==
    R"({"reason":"flaky","stage":"no regression","who":"ada"})");
}

TEST_CASE_METHOD(verb_fixture, "the engine's refusal comes through", "[cli]") {
  fake.answers(
    "POST /v1/loops/digits/promote",
    R"({"error":{"code":"conflict","message":"version 9 is not there"}})", 409);
  operator_wish wish;
  wish.verb = "promote";
  wish.loop = "digits";
  wish.version = 9;
  wish.reason = "try";
  wish.who = "ada";
  const auto done = operate(context, wish);
  REQUIRE_FALSE(done.ok());
  CHECK(done.err() == error{errc::conflict, "version 9 is not there"});
  REQUIRE(fake.log().size() == 1);
  CHECK(fake.log()[0].body == R"({"reason":"try","version":9,"who":"ada"})");
}

TEST_CASE_METHOD(
  verb_fixture, "waiting for an iteration that fails says so", "[cli]") {
  fake.answers(
    "POST /v1/loops/digits/trigger",
    R"({"iteration":7,"version":0,"changed":true})");
  fake.answers("GET /v1/loops/digits/iterations/7", iteration);
  operator_wish wish;
  wish.verb = "trigger";
  wish.loop = "digits";
  wish.wait = true;
  const auto done = operate(context, wish);
  REQUIRE_FALSE(done.ok());
  CHECK(done.err().code == errc::failed_condition);
  CHECK(
    done.err().message ==
    "iteration 7 of digits rejected: no regression: worse");
  CHECK(err.text() == "iteration 7 of digits started\n");
}

TEST_CASE_METHOD(
  verb_fixture, "logs show the last attempt of every stage", "[cli]") {
  fake.answers(
    "GET /v1/loops/digits/iterations?limit=1",
    R"({"iterations":[{"number":7}]})");
  fake.answers("GET /v1/loops/digits/iterations/7", iteration);
  const std::string base = "GET /v1/loops/digits/iterations/7/stages/";
  fake.answers(
    base + "train/log?offset=0&attempt=2", "epoch 1\n", 200,
    {{"Ratchet-Next-Offset", "8"}, {"Ratchet-Final", "false"}});
  fake.answers(
    base + "train/log?offset=8&attempt=2", "epoch 2\n", 200,
    {{"Ratchet-Next-Offset", "16"}, {"Ratchet-Final", "true"}});
  fake.answers(
    base + "no%20regression/log?offset=0&attempt=1", "", 200,
    {{"Ratchet-Next-Offset", "0"}, {"Ratchet-Final", "true"}});
  REQUIRE(show_logs(context, {"digits", 0, "", 0, true}).ok());
  CHECK(out.text() == "epoch 1\nepoch 2\n");
  const auto none = show_logs(context, {"digits", 7, "tain", 0, false});
  REQUIRE_FALSE(none.ok());
  CHECK(none.err().code == errc::not_found);
}

TEST_CASE_METHOD(
  verb_fixture, "a file goes in batches and rejections name lines", "[cli]") {
  auto path =
    (std::filesystem::temp_directory_path() / "ratchet-send-XXXXXX").string();
  const int fd = mkstemp(path.data());
  REQUIRE(fd >= 0);
  close(fd);
  std::ofstream{path} << "{\"id\":\"a\"}\n\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n";
  fake.answers(
    "POST /v1/events?loop=digits",
    R"({"accepted":0,"duplicates":1,"rejected":[
        {"index":0,"id":"x","code":"wrong_type","message":"no digit"}]})");
  const auto done = send_feedback(context, {"digits", path, 2});
  std::filesystem::remove(path);
  REQUIRE_FALSE(done.ok());
  CHECK(done.err().code == errc::failed_condition);
  REQUIRE(fake.log().size() == 2);
  CHECK(fake.log()[0].body == "{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
  CHECK(fake.log()[1].body == "{\"id\":\"c\"}\n");
  CHECK(out.text() == "3 events sent: 0 accepted, 2 duplicates, 2 rejected\n");
  CHECK(err.text() == "line 1: no digit\nline 4: no digit\n");
}

TEST_CASE_METHOD(
  verb_fixture, "stats say how much of the history is kept", "[cli]") {
  fake.answers("GET /v1/loops/digits", R"({"name":"digits","events":12345,
    "first_event":12046,"stored_bytes":1572864,"trigger":{"channels":[]}})");
  REQUIRE(feedback_stats(context, "digits").ok());
  CHECK_THAT(
    out.text(), Catch::StartsWith("300 of 12,345 events kept, 1.5 MiB\n"));
  fake.answers("GET /v1/loops/digits", R"({"name":"digits","events":3,
    "first_event":4,"stored_bytes":0})");
  REQUIRE(feedback_stats(context, "digits").ok());
  CHECK_THAT(out.text(), Catch::Contains("\n0 of 3 events kept\n"));
  fake.answers("GET /v1/loops/digits", R"({"name":"digits","events":12345})");
  REQUIRE(feedback_stats(context, "digits").ok());
  CHECK_THAT(out.text(), Catch::Contains("\n12,345 events\n"));
}

TEST_CASE_METHOD(verb_fixture, "tail shows the last events", "[cli]") {
  fake.answers("GET /v1/loops/digits", R"({"name":"digits","events":30})");
  fake.answers(
    "GET /v1/loops/digits/events?limit=500&after=28",
    R"({"events":[
     {"sequence":29,"received":"2026-08-22T10:15:31.000Z","kind":"interaction",
      "id":"i-1"},
     {"sequence":30,"received":"2026-08-22T10:15:32.000Z","kind":"feedback",
      "id":"f-1","interaction_id":"i-1","channel":"correction","value":"7"}],
     "next_page_token":null,"next_after":30})");
  REQUIRE(tail_feedback(context, {"digits", "", "", 2, false}).ok());
  CHECK(
    out.text() ==
    "       29 2026-08-22T10:15:31.000Z interaction" + std::string(31, ' ') +
      "i-1\n"
      "       30 2026-08-22T10:15:32.000Z feedback    correction     7" +
      std::string(14, ' ') + "i-1\n");
}

TEST_CASE("an engine that is not there has a remedy", "[cli]") {
  // Port 1 is reserved, and nothing of ours listens below 1024.
  auto server = engine::at("http://127.0.0.1:1", "");
  REQUIRE(server.ok());
  const auto answer = server->get("/v1/loops");
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.err().code == errc::unavailable);
  CHECK(
    answer.err().message ==
    "no engine answers at http://127.0.0.1:1; start one (serve, dev), or say "
    "where it is with --url or RATCHET_URL");
  CHECK_FALSE(engine::at("https://example.org", "").ok());
  CHECK_FALSE(engine::at("http://", "").ok());
}

TEST_CASE_METHOD(
  verb_fixture, "what answers but is no engine is told apart", "[cli]") {
  fake.answers("GET /v1/loops", "<html>hello</html>");
  const auto done = list_loops(context);
  REQUIRE_FALSE(done.ok());
  CHECK(done.err().code == errc::io_error);
  CHECK(
    done.err().message.find("is that a Ratchet engine?") != std::string::npos);
}

TEST_CASE_METHOD(
  verb_fixture, "a trigger is shown as the tree of its conditions", "[cli]") {
  fake.answers("GET /v1/loops/digits/triggers", R"json({"loop":"digits",
"paused":false,"running":1,"max_in_flight":1,"busy":"queue_one",
"outcome":"not_met","sentence":"correction gained 12 of 300",
"look_again":"2026-08-22T10:17:00.000Z","last_start":
"2026-08-22T10:00:00.000Z","last_end":null,"minimum":20,"cooldown_ms":60000,
"budget":{"starts":4,"window_ms":86400000,"used":3},"compute_budget":null,
"queued":null,"condition":{"kind":"any_of","holds":false,"armed":true,
"condition":"any_of(feedback_count(\"correction\", 300), every(2h))",
"sentence":"correction gained 12 of 300","due":"2026-08-22T10:17:00.000Z",
"of":[{"kind":"feedback_count","holds":false,"armed":true,"due":null,
"condition":"feedback_count(\"correction\", 300)",
"sentence":"correction gained 12 of 300"},
{"kind":"champion_age","holds":true,"armed":false,"due":null,
"condition":"champion_older_than(2h)","sentence":"old"}]}})json");
  REQUIRE(show_triggers(context, "digits").ok());
  CHECK(
    out.text() ==
    "digits  not_met\n"
    "because   correction gained 12 of 300\n"
    "next      in 1m00s\n"
    "limits    at least 20 new, cooldown 1m00s, 3 of 4 starts in 1d00h\n"
    "running   1 of 1, when busy: queue_one\n"
    "started   16m00s ago\n"
    "\n"
    "CONDITION                            STATE     DUE       NOW\n"
    "any_of                               waits     in 1m00s  correction "
    "gained 12 of 300\n"
    "  feedback_count(\"correction\", 300)  waits     -         correction "
    "gained 12 of 300\n"
    "  champion_older_than(2h)            disarmed  -         old\n");
}

TEST_CASE_METHOD(
  verb_fixture, "admissions are listed by iteration and data set", "[cli]") {
  fake.answers("GET /v1/loops/digits/admissions?limit=20", R"({
"loop":"digits","timing":"synchronous","next_before":null,"iterations":[
{"iteration":2,"data_from":10,"data_to":20,"admits":{"versions":[3],
 "closed":[]},"datasets":[{"stage":"dataset","status":"running"}]},
{"iteration":1,"data_from":0,"data_to":10,"admits":{"versions":null,
 "closed":[]},"datasets":[{"stage":"dataset","status":"succeeded",
 "admitted":1203,"admitted_by_version":{"2":1200,"3":3},"carried_over":2,
 "repeated":0,"dropped":{"stale":5,"stale_by_version":{"1":5},
 "window_closed":7,"late":0,"unusable":0}}]}]})");
  REQUIRE(list_admissions(context, "digits", 20).ok());
  CHECK(
    out.text() ==
    "N  DATASET  EVENTS  ADMITS  ADMITTED        CARRIED  AGAIN  STALE  "
    "CLOSED  LATE\n"
    "2  dataset  11-20   v3      -                     -      -  -      "
    "     -     -\n"
    "1  dataset  1-10    any     v2 1,200, v3 3        2      0  v1 5   "
    "     7     0\n");
}
