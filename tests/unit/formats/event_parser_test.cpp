#include "formats/event_parser.hpp"

#include "event_bodies.hpp"

using namespace ratchet;
using namespace ratchet::formats;
using namespace ratchet::formats::test;

TEST_CASE("every field of an interaction is read", "[formats][parser]") {
  const auto events = accepted(R"({
    "kind": "interaction", "id": "i\u002d1", "loop": "digits", "version": 7,
    "arm": "challenger", "propensity": 0.25, "subject": "gr\u00fcn",
    "slice": {"writer": "w3", "device": "pen"},
    "input": { "pixels": [1, 2.5, -3e2, "\ud83d\ude00"], "ok": true },
    "output": "7", "metadata": {"trace": null},
    "time": "2026-08-22T12:15:29.500+02:00"
  })");
  REQUIRE(events.size() == 1);
  const auto& e = events[0];
  CHECK(e.kind == event_kind::interaction);
  CHECK(e.id == "i-1");
  CHECK(e.version.value == 7);
  CHECK(e.arm == "challenger");
  CHECK(e.propensity == 0.25);
  CHECK(e.subject == "gr\xC3\xBCn");
  CHECK(e.at == received - duration{500});
  using slice = std::pair<std::string, std::string>;
  CHECK(e.slices == std::vector<slice>{{"device", "pen"}, {"writer", "w3"}});
  // Free-form JSON is kept byte by byte.
  CHECK(
    e.input == R"({ "pixels": [1, 2.5, -3e2, "\ud83d\ude00"], "ok": true })");
  CHECK(e.output == "\"7\"");
  CHECK(e.metadata == R"({"trace": null})");
}

TEST_CASE("feedback is read by its channel's type", "[formats][parser]") {
  const auto value = [](const char* channel, const char* json) {
    const auto events = accepted(feedback(channel, json));
    REQUIRE(events.size() == 1);
    CHECK(events[0].interaction_id == "i1");
    CHECK(events[0].channel == channel);
    return events[0].value;
  };
  CHECK(value("verdict", "true") == feedback_value{true});
  CHECK(value("verdict", "false") == feedback_value{false});
  CHECK(value("score", "1") == feedback_value{1.0});
  CHECK(value("score", "0.5e0") == feedback_value{0.5});
  CHECK(value("delta", "-12.25") == feedback_value{-12.25});
  // An integer category is its label.
  CHECK(value("correction", "3") == feedback_value{std::string{"3"}});
  CHECK(value("correction", "\"3\"") == feedback_value{std::string{"3"}});
  CHECK(value("mood", "\"sad\"") == feedback_value{std::string{"sad"}});
  CHECK(value("comment", "\"a\\nb\"") == feedback_value{std::string{"a\nb"}});
}

TEST_CASE("the three shapes of a body are one", "[formats][parser]") {
  const auto a = interaction(R"("input":{"a":[1,{"b":null}]})");
  const auto b = feedback("verdict", "true");
  const auto c = feedback("comment", "\"}],\\\"{\"", R"("loop":"other")");
  const auto array = parse("[" + a + "," + b + "," + c + "]", "digits");
  const auto spaced = parse(
    "\xEF\xBB\xBF \n[\n" + a + ",\n " + b + "\n, " + c + " ]\n", "digits");
  const auto lines = parse(a + "\n\r\n" + b + "\r\n" + c, "digits");
  for (const auto& parsed : {array, spaced, lines}) {
    REQUIRE(parsed);
    CHECK(parsed->rejected.empty());
    CHECK(parsed->events == 3);
    REQUIRE(parsed->batches.size() == 2);
    CHECK(parsed->batches[0].loop == "digits");
    CHECK(parsed->batches[1].loop == "other");
    CHECK(parsed->batches[0].received == received);
    CHECK(parsed->batches[0].slots[1].body_index == 1);
    CHECK(parsed->batches[1].slots[0].body_index == 2);
    CHECK(parsed->batches[0].bytes == array->batches[0].bytes);
    CHECK(parsed->batches[1].bytes == array->batches[1].bytes);
  }
  CHECK(accepted(a) == std::vector{events_of(*array)[0]});
  CHECK(accepted(" \n" + a + "\n ") == std::vector{events_of(*array)[0]});
}

TEST_CASE("an object may be spread over lines", "[formats][parser]") {
  CHECK(
    accepted("{\n\"kind\": \"interaction\",\n\"id\": \"i1\"\n}").size() == 1);
  CHECK(
    accepted("{\"kind\": \"interaction\", \"id\": \"i1\", \"input\":\n{\n}\n}")
      .size() == 1);
}

TEST_CASE("null is a field that was not given", "[formats][parser]") {
  const auto events = accepted(
    interaction(R"("subject":null,"version":null,"slice":null,"channel":null,)"
                R"("input":null)"));
  REQUIRE(events.size() == 1);
  CHECK(events[0].subject.empty());
  CHECK(events[0].input == "null"); // Any JSON is welcome here.
}

TEST_CASE("times are read as strings or milliseconds", "[formats][parser]") {
  CHECK(accepted(interaction("\"time\":1787393730000"))[0].at == received);
  CHECK(
    accepted(interaction("\"time\":\"2026-08-22T10:20:30Z\""))[0].at ==
    received + limits::clock_skew);
}

TEST_CASE("slices in another order are the same event", "[formats][parser]") {
  const auto one = parse(interaction(R"("slice":{"a":"1","b":"2"})"), "digits");
  const auto two = parse(interaction(R"("slice":{"b":"2","a":"1"})"), "digits");
  REQUIRE(one);
  REQUIRE(two);
  CHECK(one->batches[0].bytes == two->batches[0].bytes);
}

TEST_CASE("each rule has its code and names the field", "[formats][parser]") {
  struct row {
    std::string event;
    reject_code code;
    std::string names;
  };
  const std::string long_id(limits::id_bytes + 1, 'x');
  const std::string deep(limits::depth, '[');
  const std::string deep_end(limits::depth, ']');
  std::string many_slices;
  for (int i = 0; i < 17; ++i)
    many_slices += (i > 0 ? ",\"s" : "\"s") + std::to_string(i) + "\":\"v\"";
  const std::vector<row> rows{
    {R"({"id":"a"})", reject_code::missing_field, "\"kind\""},
    {R"({"kind":"chat","id":"a"})", reject_code::unknown_kind, "\"kind\""},
    {R"({"kind":"interaction"})", reject_code::missing_field, "\"id\""},
    {R"({"kind":"interaction","id":""})", reject_code::missing_field, "\"id\""},
    {R"({"kind":"interaction","id":7})", reject_code::wrong_type, "\"id\""},
    {R"({"kind":"interaction","id":"a\u0000b"})",
     reject_code::invalid_character, "\"id\""},
    {R"({"kind":"interaction","id":")" + long_id + "\"}", reject_code::too_long,
     "\"id\""},
    {interaction(R"("loop":"nope")"), reject_code::unknown_loop, "\"nope\""},
    {interaction(R"("chanel":1)"), reject_code::unknown_field, "\"chanel\""},
    {interaction(R"("value":1)"), reject_code::unknown_field, "\"value\""},
    {interaction(R"("id":"i2")"), reject_code::duplicate_field, "\"id\""},
    {interaction(R"("version":"3")"), reject_code::wrong_type, "\"version\""},
    {interaction(R"("version":3.0)"), reject_code::wrong_type, "\"version\""},
    {interaction(R"("version":-3)"), reject_code::out_of_range, "\"version\""},
    {interaction(R"("version":9223372036854775808)"), reject_code::out_of_range,
     "\"version\""},
    {interaction(R"("arm":"b")"), reject_code::out_of_range, "\"arm\""},
    {interaction(R"("propensity":0)"), reject_code::out_of_range,
     "\"propensity\""},
    {interaction(R"("propensity":1.5)"), reject_code::out_of_range,
     "\"propensity\""},
    {interaction(R"("propensity":1e999)"), reject_code::not_finite,
     "\"propensity\""},
    {interaction(R"("input":[1e400])"), reject_code::not_finite, "\"input\""},
    {interaction(R"("input":[NaN])"), reject_code::not_finite, "\"input\""},
    {interaction(R"("input":-Infinity)"), reject_code::not_finite, "\"input\""},
    {interaction(R"("input":123456789012345678901)"), reject_code::out_of_range,
     "\"input\""},
    {interaction("\"input\":" + deep + deep_end), reject_code::too_deep,
     "\"input\""},
    {interaction(R"("slice":["a"])"), reject_code::wrong_type, "\"slice\""},
    {interaction(R"("slice":{"a":1})"), reject_code::wrong_type, "\"slice\""},
    {interaction(R"("slice":{"a":"1","a":"1"})"), reject_code::duplicate_field,
     "\"slice\""},
    {interaction("\"slice\":{" + many_slices + "}"), reject_code::too_long,
     "\"slice\""},
    {interaction(R"("slice":{"a":")" + std::string(129, 'x') + "\"}"),
     reject_code::too_long, "\"slice\""},
    {interaction(R"("metadata":[])"), reject_code::wrong_type, "\"metadata\""},
    {interaction(
       R"("metadata":{"a":")" + std::string(limits::metadata_bytes, 'x') +
       "\"}"),
     reject_code::too_long, "\"metadata\""},
    {interaction("\"output\":\"" + std::string(limits::json_bytes, 'x') + "\""),
     reject_code::too_long, "\"output\""},
    {interaction("\"note\":\"" + std::string(limits::event_bytes, 'x') + "\""),
     reject_code::unknown_field, "\"note\""},
    {interaction(R"("time":"yesterday")"), reject_code::wrong_type, "\"time\""},
    {interaction(R"("time":1.5)"), reject_code::wrong_type, "\"time\""},
    {interaction(R"("time":-1)"), reject_code::out_of_range, "\"time\""},
    {interaction(R"("time":9223372036854775807)"), reject_code::future_time,
     "\"time\""},
    {interaction(R"("time":"2026-08-22T10:20:30.001Z")"),
     reject_code::future_time, "\"time\""},
    {interaction("\"subject\":\"gr\xFCn\""), reject_code::invalid_utf8,
     "\"subject\""},
    {interaction("\"input\":{\"a\":[\"\xC3\"]}"), reject_code::invalid_utf8,
     "\"input\""},
    {interaction(R"("input":"\ud800")"), reject_code::invalid_utf8,
     "\"input\""},
    {R"({"kind":"feedback","id":"f","channel":"verdict","value":true})",
     reject_code::missing_field, "\"interaction_id\""},
    {feedback("nope", "1"), reject_code::unknown_channel, "\"nope\""},
    {feedback("verdict", "null"), reject_code::missing_field, "\"value\""},
    {feedback("verdict", "1"), reject_code::wrong_type, "\"value\""},
    {feedback("score", "\"1\""), reject_code::wrong_type, "\"value\""},
    {feedback("score", "{}"), reject_code::wrong_type, "\"value\""},
    {feedback("score", "1.25"), reject_code::out_of_range, "from 0 to 1"},
    {feedback("score", "NaN"), reject_code::not_finite, "\"value\""},
    {feedback("correction", "4"), reject_code::out_of_range, "\"4\""},
    {feedback("correction", "true"), reject_code::wrong_type, "\"value\""},
    {feedback("mood", "\"angry\""), reject_code::out_of_range, "\"angry\""},
    {feedback("comment", "7"), reject_code::wrong_type, "\"value\""},
    {feedback(
       "comment", "\"" + std::string(limits::text_bytes + 1, 'x') + "\""),
     reject_code::too_long, "\"value\""},
    {feedback("verdict", "true", R"("input":1)"), reject_code::unknown_field,
     "\"input\""},
  };
  const auto good = feedback("mood", "\"happy\"");
  for (const auto& [event, code, names] : rows) {
    const auto r = rejection(event);
    CHECK(to_string(r.code) == to_string(code));
    CHECK_THAT(r.message, Catch::Contains(names));
    // The same between sound events, which stay.
    for (const auto& body :
         {good + "\n" + event + "\n" + good,
          "[" + good + "," + event + "," + good + "]"}) {
      INFO(body);
      const auto parsed = parse(body, "digits");
      REQUIRE(parsed);
      CHECK(events_of(*parsed).size() == 2);
      REQUIRE(parsed->rejected.size() == 1);
      CHECK(parsed->rejected[0].index == 1);
      CHECK(to_string(parsed->rejected[0].code) == to_string(code));
      CHECK_THAT(parsed->rejected[0].message, Catch::Contains(names));
    }
  }
}

TEST_CASE(
  "without a default an event must name its loop", "[formats][parser]") {
  const auto parsed = parse(interaction());
  REQUIRE(parsed);
  REQUIRE(parsed->rejected.size() == 1);
  CHECK(parsed->rejected[0].id == "i1");
  CHECK(parsed->rejected[0].message == "field \"loop\": is missing");
}

TEST_CASE("a malformed line costs itself only", "[formats][parser]") {
  const auto good = interaction();
  const auto parsed =
    parse(good + "\n\n{\"kind\":\"interaction\" \"id\"}\n" + good, "digits");
  REQUIRE(parsed);
  CHECK(events_of(*parsed).size() == 2);
  REQUIRE(parsed->rejected.size() == 1);
  CHECK(parsed->rejected[0].code == reject_code::malformed_json);
  CHECK(parsed->rejected[0].index == 1);
  CHECK(
    parsed->rejected[0].message ==
    "line 3, byte " + std::to_string(good.size() + 2 + 22) +
      ": expected ',' or '}'");
  // A first line that was cut off is no object spread over lines.
  const auto cut = parse("{\"kind\":\n" + good + "\n" + good, "digits");
  REQUIRE(cut);
  CHECK(events_of(*cut).size() == 2);
  CHECK(cut->rejected.size() == 1);
}

TEST_CASE("a malformed array or object is refused whole", "[formats][parser]") {
  const auto refused = [](const std::string& body) {
    INFO(body);
    const auto parsed = parse(body, "digits");
    REQUIRE_FALSE(parsed);
    CHECK(parsed.err().code == errc::invalid_argument);
    return parsed.err().message;
  };
  const auto good = interaction();
  CHECK(
    refused("[" + good + ",") ==
    "malformed JSON at byte " + std::to_string(good.size() + 2) +
      ": the text ends where a value should be");
  CHECK(
    refused(" [" + good + "] x") ==
    "malformed JSON at byte " + std::to_string(good.size() + 4) +
      ": text after the end of the value");
  CHECK(
    refused("{\"kind\":tru}") == "malformed JSON at byte 8: expected a value");
  CHECK(
    refused("{\"input\":01}") ==
    "malformed JSON at byte 9: a number with a leading zero");
  CHECK(
    refused("{\"input\":\"\\x\"}") ==
    "malformed JSON at byte 10: an escape that JSON does not have");
  CHECK_THAT(refused("hello"), Catch::Contains("at byte 0"));
  CHECK_THAT(refused(" \n "), Catch::Contains("the body is empty"));
  CHECK_THAT(refused(""), Catch::Contains("the body is empty"));
}

TEST_CASE("what is no object is no event", "[formats][parser]") {
  CHECK(rejection("7").message == "an event is a JSON object");
  CHECK(rejection("[[]]").code == reject_code::wrong_type);
  const auto empty = parse("[]");
  REQUIRE(empty);
  CHECK(empty->events == 0);
}

TEST_CASE("a body has a largest number of events", "[formats][parser]") {
  std::string lines;
  std::string array = "[0";
  for (std::size_t i = 0; i < limits::events_per_body; ++i) {
    lines += "0\n";
    if (i > 0)
      array += ",0";
  }
  CHECK(parse(lines).value().rejected.size() == limits::events_per_body);
  CHECK(parse(array + "]").value().events == limits::events_per_body);
  CHECK(parse(lines + "0").err().code == errc::resource_limit);
  CHECK(parse(array + ",0]").err().code == errc::resource_limit);
}
