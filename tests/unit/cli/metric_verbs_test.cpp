#include "cli/invocation.hpp"
#include "cli/verbs.hpp"
#include "fake_engine.hpp"

#include <variant>

using namespace ratchet;
using namespace ratchet::cli;

namespace {

constexpr auto metrics = R"({"loop":"digits","metrics":[
{"metric":"accuracy","version":3,"scope":"overall","state":"live","count":1204,
 "mean":0.9,"interval":[0.87654,0.92],"method":"confidence_sequence",
 "recent":{"mean":0.8812}},
{"metric":"accuracy","version":3,"scope":"slice","attribute":"device",
 "value":"pen","state":"silent","count":7,"mean":1.0,"interval":[0.3,1.0],
 "method":"confidence_sequence","recent":{"mean":1.0}},
{"metric":"accuracy","version":3,"scope":"other","attribute":"device",
 "state":"live","count":2,"mean":0.5,"interval":[0.0,1.0],
 "method":"confidence_sequence","recent":null},
{"metric":"latency","version":null,"scope":"overall","state":"no_data",
 "count":0,"mean":null,"interval":null,"method":null,"recent":null}]})";

constexpr auto numbers = R"({"loop":"digits","metrics":[
{"metric":"latency","version":3,"scope":"overall","state":"live","count":12,
 "mean":149.5,"interval":[120.0,180.25],
 "method":"asymptotic_confidence_sequence","recent":{"mean":150.0},
 "quantiles":[{"q":0.5,"value":149.0,"interval":[110.0,190.0]},
  {"q":0.95,"value":197.5,"interval":[150.0,null]}],
 "windows":[{"from":"2026-08-22T09:00:00.000Z","to":"2026-08-22T12:00:00.000Z",
   "final":false,"state":"data","count":5,"mean":140.0,
   "interval":[100.0,180.0],"method":"asymptotic_confidence_sequence"},
  {"from":"2026-08-22T08:00:00.000Z","to":"2026-08-22T11:00:00.000Z",
   "final":true,"state":"no_data","count":0,"mean":null,"interval":null,
   "method":null}]}]})";

constexpr auto alarms = R"json({"loop":"digits","watched":[
{"condition":"drop_of(\"accuracy\", {.below = 0.9})","metric":"accuracy",
 "level":"alarm","state":"data","sentence":"accuracy fell"},
{"condition":"drop_of(\"latency\", {.above = 500})","metric":"latency",
 "level":"calm","state":"no_data","sentence":"nothing has been seen"}],
"alarms":[
{"alarm":12,"level":"alarm","condition":"drop_of(\"accuracy\")",
 "metric":"accuracy","raised":"2026-08-22T10:00:00.000Z",
 "sentence":"accuracy fell","state":"open"},
{"alarm":4,"level":"warning","condition":"drop_of(\"accuracy\")",
 "metric":"accuracy","raised":"2026-08-22T09:00:00.000Z",
 "sentence":"accuracy may have fallen","state":"acknowledged","who":"ann",
 "reason":"a client"}]})json";

invocation read(std::vector<std::string> words) {
  auto parsed = parse_arguments("ratchet", std::move(words));
  REQUIRE(std::holds_alternative<invocation>(parsed));
  return std::get<invocation>(parsed);
}

} // namespace

TEST_CASE_METHOD(verb_fixture, "metrics are a table", "[cli][metrics]") {
  fake.answers("GET /v1/loops/digits/metrics", metrics);
  REQUIRE(list_metrics(context, {.loop = "digits"}).ok());
  CHECK(
    out.text() ==
    "METRIC    VERSION  SLICE               STATE    COUNT  MEAN  95% INTERVAL"
    "    RECENT\n"
    "accuracy  v3       all                 live     1,204   0.9  0.8765 to "
    "0.92  0.8812\n"
    "accuracy  v3       device=pen          silent       7   1.0  0.3 to 1.0"
    "         1.0\n"
    "accuracy  v3       device: all others  live         2   0.5  0.0 to 1.0"
    "           -\n"
    "latency   -        all                 no data      0     -  -"
    "                    -\n");
}

TEST_CASE_METHOD(
  verb_fixture, "numbers have quantiles, and windows rows of their own",
  "[cli][metrics]") {
  fake.answers("GET /v1/loops/digits/metrics?metric=latency", numbers);
  REQUIRE(list_metrics(context, {.loop = "digits", .metric = "latency"}).ok());
  CHECK(
    out.text() ==
    "METRIC   VERSION  SLICE  STATE  COUNT   MEAN  95% INTERVAL      RECENT    "
    "P50    P95\n"
    "latency  v3       all    live      12  149.5  ~120.0 to 180.25   150.0  "
    "149.0  197.5\n");
  fake.answers(
    "GET /v1/loops/digits/metrics?metric=latency&version=3&attribute=device&"
    "value=a%20b&windows=2",
    numbers);
  const auto before = out.text().size();
  REQUIRE(list_metrics(
            context,
            {.loop = "digits",
             .metric = "latency",
             .version = 3,
             .slice = "device=a b",
             .windows = 2})
            .ok());
  CHECK(
    out.text().substr(before) ==
    "METRIC   VERSION  SLICE  FROM (UTC)        TO                STATE       "
    "COUNT   MEAN  95% INTERVAL\n"
    "latency  v3       all    2026-08-22 09:00  2026-08-22 12:00  data, open  "
    "    5  140.0  ~100.0 to 180.0\n"
    "latency  v3       all    2026-08-22 08:00  2026-08-22 11:00  no data     "
    "    0      -  -\n");
}

TEST_CASE_METHOD(
  verb_fixture, "alarms show what is watched and what was", "[cli][alarms]") {
  fake.answers("GET /v1/loops/digits/alarms", alarms);
  REQUIRE(show_alarms(context, "digits").ok());
  const auto text = out.text();
  CHECK(text.find("WATCHED") == 0);
  CHECK(
    text.find(
      "drop_of(\"accuracy\", {.below = 0.9})  alarm    accuracy fell") !=
    std::string::npos);
  CHECK(
    text.find("drop_of(\"latency\", {.above = 500})   no data  nothing") !=
    std::string::npos);
  CHECK(text.find("   12  alarm    ") != std::string::npos);
  CHECK(
    text.find("acknowledged  ann  accuracy may have fallen") !=
    std::string::npos);
  fake.answers("GET /v1/loops/digits/alarms", R"({"watched":[],"alarms":[]})");
  REQUIRE(show_alarms(context, "digits").ok());
  CHECK(out.text().substr(text.size()) == "no metric is watched for drops\n");
}

TEST_CASE_METHOD(
  verb_fixture, "an alarm is acknowledged by its number", "[cli][alarms]") {
  const auto path = "POST /v1/loops/digits/alarms/12/acknowledge";
  fake.answers(path, R"({"changed":true})");
  REQUIRE(acknowledge_alarm(context, "digits", 12, "a client", "ann").ok());
  fake.answers(path, R"({"changed":false})");
  REQUIRE(acknowledge_alarm(context, "digits", 12, "a client", "ann").ok());
  CHECK(
    out.text() ==
    "alarm 12 of digits acknowledged; its metric is watched from now on anew\n"
    "alarm 12 of digits was over already\n");
  CHECK(fake.log().at(0).body == R"({"reason":"a client","who":"ann"})");
}

TEST_CASE("the verbs of metrics are read", "[cli][metrics]") {
  const auto asked = read(
    {"metrics", "digits", "--metric", "m", "--version", "3", "--slice", "a=b",
     "--windows", "24"});
  CHECK(asked.verb == "metrics");
  CHECK(asked.loop == "digits");
  CHECK(asked.metric == "m");
  CHECK(asked.version == 3);
  CHECK(asked.slice == "a=b");
  CHECK(asked.windows == 24);
  CHECK(read({"alarms", "digits"}).verb == "alarms");
  const auto ack =
    read({"alarms", "ack", "digits", "12", "--reason", "a client"});
  CHECK(ack.verb == "alarms ack");
  CHECK(ack.number == 12);
  CHECK(ack.reason == "a client");
  CHECK(std::holds_alternative<early_end>(
    parse_arguments("ratchet", {"alarms", "ack", "digits", "12"})));
  CHECK(
    std::holds_alternative<early_end>(parse_arguments("ratchet", {"alarms"})));
}
