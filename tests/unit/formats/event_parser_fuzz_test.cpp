#include "base/bytes.hpp"
#include "formats/detail/json_check.hpp"

#include "event_bodies.hpp"

#include <random>

using namespace ratchet;
using namespace ratchet::formats;
using namespace ratchet::formats::test;

namespace {

std::vector<std::string> seeds() {
  return {
    interaction(
      R"("version":7,"arm":"champion","propensity":0.5,"slice":{"a":"b"},)"
      R"("input":{"p":[1,-2.5e3,true,null,"\u00e9\n"]},"output":[[],{}],)"
      R"("metadata":{"x":"y"},"time":"2026-08-22T10:15:30.123Z")"),
    feedback("score", "0.5"),
    feedback("comment", R"("\ud83d\ude00 \"quoted\" }],")"),
    feedback("correction", "2", R"("subject":"s","time":1787393730000)"),
  };
}

/// What must hold whatever came in.
void check_sound(const std::string& body) {
  const auto parsed = parse(body, "digits");
  if (!parsed) {
    CHECK(
      (parsed.err().code == errc::invalid_argument ||
       parsed.err().code == errc::resource_limit));
    return;
  }
  std::size_t kept = 0;
  for (const auto& e : events_of(*parsed)) {
    ++kept;
    for (const auto& raw : {e.input, e.output, e.metadata})
      if (!raw.empty())
        CHECK_FALSE(formats::detail::find_json_problem(raw, limits::depth));
    CHECK(is_valid_utf8(e.id));
  }
  CHECK(kept + parsed->rejected.size() == parsed->events);
}

} // namespace

TEST_CASE("a body cut at any byte is refused soundly", "[formats][fuzz]") {
  const auto all = seeds();
  const auto lines = all[0] + "\n" + all[2] + "\n" + all[3];
  const auto array = "[" + all[0] + "," + all[2] + "," + all[3] + "]";
  for (std::size_t size = 0; size < lines.size(); ++size)
    check_sound(lines.substr(0, size));
  for (std::size_t size = 0; size < array.size(); ++size) {
    INFO(size);
    CHECK_FALSE(parse(array.substr(0, size), "digits"));
  }
}

TEST_CASE("mutated bodies are refused or sound", "[formats][fuzz]") {
  constexpr unsigned seed = 20260822;
  INFO("seed " << seed);
  std::mt19937 random{seed};
  const auto pick = [&random](std::size_t n) { return random() % n; };
  const std::string alphabet =
    "{}[]\",:\\0123456789eE+-.tfnuN \n\x01\x7F\xC3\xFF";
  const auto all = seeds();
  for (int round = 0; round < 20'000; ++round) {
    const bool array = pick(2) == 0;
    std::string body = array ? "[" : "";
    for (std::size_t i = 0, n = 1 + pick(3); i < n; ++i) {
      if (i > 0)
        body += array ? "," : "\n";
      body += all[pick(all.size())];
    }
    if (array)
      body += "]";
    for (std::size_t i = 0, n = 1 + pick(4); i < n && !body.empty(); ++i) {
      const auto at = pick(body.size());
      switch (pick(4)) {
      case 0:
        body[at] = alphabet[pick(alphabet.size())];
        break;
      case 1:
        body.erase(at, 1 + pick(5));
        break;
      case 2:
        body.insert(at, 1, alphabet[pick(alphabet.size())]);
        break;
      default:
        body.insert(at, body.substr(pick(body.size()), pick(20)));
      }
    }
    check_sound(body);
  }
}

/// The fast reader and the slow one must call the same texts sound: where they
/// did not, an unsound text could be kept, or a sound one blamed wrongly.
TEST_CASE("both readers of JSON agree on mutated values", "[formats][fuzz]") {
  constexpr unsigned seed = 7;
  INFO("seed " << seed);
  std::mt19937 random{seed};
  const auto pick = [&random](std::size_t n) { return random() % n; };
  const std::vector<std::string> values{
    R"({"a":[1,-2.5e3,true,false,null,"\u00e9\n",{}],"b":{"c":[]}})",
    R"("\ud83d\ude00x\\\"")",
    "[0,-0,0.0,1e5,1E-5,18446744073709551615,-9223372036854775808]",
    "[ ]",
    "true",
    "[[[[1]]],2]"};
  const std::string alphabet = "{}[]\",:\\0129eE+-.tfnu \t\x02/aD8";
  int sound = 0;
  for (int round = 0; round < 20'000; ++round) {
    auto text = values[pick(values.size())];
    for (std::size_t i = 0, n = 1 + pick(2); i < n && !text.empty(); ++i) {
      const auto at = pick(text.size());
      if (pick(2) == 0)
        text[at] = alphabet[pick(alphabet.size())];
      else
        text.insert(at, 1, alphabet[pick(alphabet.size())]);
    }
    const auto body = interaction("\"input\":" + text);
    const auto problem =
      formats::detail::find_json_problem(body, limits::depth);
    const auto parsed = parse(body, "digits");
    const bool kept = parsed && parsed->rejected.empty();
    INFO(body);
    if (problem) {
      CHECK_FALSE(kept);
    } else if (!kept) {
      // Sound JSON, but no sound event: the mutation closed the value early.
      REQUIRE(parsed);
      CHECK(parsed->rejected[0].code != reject_code::malformed_json);
      CHECK(parsed->rejected[0].code != reject_code::wrong_type);
    } else {
      ++sound;
    }
  }
  CHECK(sound > 1'000);
}
