#include "cli/loop_changes.hpp"
#include "cli/loop_screen.hpp"
#include "cli/read_views.hpp"
#include "cli/verbs.hpp"
#include "fake_engine.hpp"
#include "text_file.hpp"

#include <cstdlib>

using namespace ratchet;
using namespace ratchet::cli;

namespace {

operator_wish wish(std::string verb) {
  operator_wish out;
  out.verb = std::move(verb);
  out.loop = "digits";
  out.iteration = 7;
  out.who = "ada";
  return out;
}

constexpr auto done = R"({"iteration":7,"version":0,"changed":true})";
constexpr auto known = R"({"iteration":7,"version":0,"changed":false})";

} // namespace

TEST_CASE_METHOD(verb_fixture, "answers say what they did", "[cli][waits]") {
  const auto path = std::string{"POST /v1/loops/digits/iterations/7/"};
  fake.answers(path + "approve", done);
  REQUIRE(operate(context, wish("approve")).ok());
  fake.answers(path + "approve", known);
  REQUIRE(operate(context, wish("approve")).ok());
  fake.answers(path + "reject", done);
  auto no = wish("reject");
  no.reason = "too slow";
  no.stage = "sign-off";
  REQUIRE(operate(context, no).ok());
  CHECK(
    out.text() ==
    "iteration 7 of digits approved\n"
    "iteration 7 of digits was approved already\n"
    "iteration 7 of digits rejected\n");
  CHECK(fake.log().at(0).body == R"({"who":"ada"})");
  CHECK(
    fake.log().at(2).body ==
    R"({"reason":"too slow","stage":"sign-off","who":"ada"})");
}

TEST_CASE_METHOD(verb_fixture, "a signal carries a text", "[cli][waits]") {
  const auto path = "POST /v1/loops/digits/iterations/7/signal";
  fake.answers(path, done);
  REQUIRE(send_signal(context, {wish("signal"), "labels-ready", "42", "", "b1"})
            .ok());
  const text_file file{"from a file\n"};
  fake.answers(path, known);
  REQUIRE(
    send_signal(context, {wish("signal"), "labels-ready", "", file.path(), ""})
      .ok());
  CHECK(
    out.text() ==
    "signal labels-ready sent to iteration 7 of digits\n"
    "signal labels-ready was sent before to iteration 7 of digits\n");
  CHECK(
    fake.log().at(0).body ==
    R"({"id":"b1","payload":"42","signal":"labels-ready","who":"ada"})");
  CHECK(json::parse(fake.log().at(1).body)["payload"] == "from a file\n");
}

TEST_CASE_METHOD(
  verb_fixture, "what a signal cannot carry is not sent", "[cli][waits]") {
  const text_file large{std::string(64 * 1024 + 1, 'x')};
  const auto refused = send_signal(
    context, {wish("signal"), "labels-ready", "", large.path(), ""});
  CHECK(refused.err().code == errc::resource_limit);
  CHECK_FALSE(
    send_signal(context, {wish("signal"), "go", "", "/nonexistent", ""}).ok());
  CHECK(fake.log().empty());
}

TEST_CASE_METHOD(verb_fixture, "waits are a table", "[cli][waits]") {
  fake.answers("GET /v1/waits?limit=20", R"({"waits":[
    {"loop":"digits","iteration":7,"stage":"sign-off","kind":"approval",
     "attempt":null,"since":"2026-08-22T10:15:30.000Z",
     "until":"2026-08-22T11:16:00.000Z","then":"it counts as rejected"}],
    "next_cursor":"digits:7"})");
  fake.answers("GET /v1/waits?limit=19&cursor=digits:7", R"({"waits":[
    {"loop":"digits","iteration":8,"stage":"labels","kind":"signal",
     "signal":"labels-ready","since":"2026-08-22T10:15:30.000Z",
     "until":"2026-08-22T10:16:30.000Z","then":"the stage fails"},
    {"loop":"digits","iteration":8,"stage":"train","kind":"slot","attempt":1,
     "since":"2026-08-22T10:15:30.000Z","until":null},
    {"loop":"digits","iteration":8,"stage":"fresh","kind":"child","attempt":1,
     "runs":"labels","since":"2026-08-22T10:15:30.000Z",
     "until":"2026-08-22T10:16:30.000Z",
     "then":"the child is canceled and the attempt fails"}],
    "next_cursor":null})");
  REQUIRE(list_waits(context, "", 20).ok());
  CHECK(
    out.text() ==
    "LOOP    N  STAGE     WAITS FOR               SINCE    UNTIL     THEN\n"
    "digits  7  sign-off  an approval             30s ago  in 1h00m  it counts "
    "as rejected\n"
    "digits  8  labels    signal labels-ready     30s ago  in 30s    the stage "
    "fails\n"
    "digits  8  train     a slot                  30s ago  for ever\n"
    "digits  8  fresh     an iteration of labels  30s ago  in 30s    the child "
    "is canceled and the attempt fails\n");
  context.output = output_format::json;
  REQUIRE(list_waits(context, "", 20).ok());
  CHECK_THAT(out.text(), Catch::Contains("\"signal\":\"labels-ready\""));
}

TEST_CASE_METHOD(
  verb_fixture, "an iteration shows what it waits for", "[cli][waits]") {
  fake.answers("GET /v1/loops/digits/iterations/7", R"({"loop":"digits",
    "number":7,"reason":"by hand","data_from":0,"data_to":0,
    "started":"2026-08-22T10:15:30.000Z","outcome":"running","stages":[
     {"name":"sign-off","status":"waiting","attempt":0,
      "started":"2026-08-22T10:15:30.000Z","due":"2026-08-22T10:16:30.000Z",
      "wait":{"kind":"approval","then":"it counts as rejected"},
      "attempts":[]}]})");
  REQUIRE(get_iteration(context, "digits", 7).ok());
  CHECK_THAT(
    out.text(),
    Catch::EndsWith(
      "STAGE     STATUS   ATTEMPT  TOOK  RESULT\n"
      "sign-off  waiting            30s  waits for an approval; in 30s it "
      "counts as rejected\n"));
}

TEST_CASE("the live view shows what is waited for", "[cli][waits]") {
  const auto now = from_ms(1'800'000'000'000);
  const auto stage = json::parse(R"({"outcome":"running","number":7,"stages":[
    {"name":"labels","status":"waiting","started":null,
     "due":"2027-01-15T09:00:00.000Z",
     "wait":{"kind":"signal","signal":"labels-ready",
             "then":"the stage fails"}}]})");
  loop_view loop;
  loop.name = "digits";
  loop.iterations = {read_iteration(stage)};
  loop.stages = loop.iterations[0].stages;
  screen_facts facts;
  facts.now = now;
  const auto frame = draw_loop(loop, facts, {100, 24}, palette{false});
  CHECK_THAT(
    frame,
    Catch::Contains("waits for signal labels-ready; in 1h00m the stage "
                    "fails"));
  CHECK(
    changes({}, loop).at(1) ==
    "iteration 7: stage labels waits for signal labels-ready");
}
