#include "workflows/areas.hpp"

#include "live_loop.hpp"
#include "ratchet/loop.hpp"
#include "workflows/check.hpp"
#include "workflows/describe.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

/// From a look at the champion to its record, to a start, and to the end of
/// what it says.

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

loop_definition looking(const ratchet::loop& made) {
  auto definition = made.definition();
  definition.stages = {step("train")};
  return definition;
}

ratchet::loop declared(area_options options = {.metric = "accuracy"}) {
  return ratchet::loop("digits")
    .channel(boolean("verdict"))
    .channel(any_number("seconds"))
    .metric("accuracy")
    .from("verdict")
    .metric("speed")
    .from("seconds")
    .slice_by("device")
    .areas(std::move(options));
}

found_area on_tablets() {
  found_area area;
  area.tests = {{"device", area_test_kind::text, "tablet", {}, {}}};
  area.rows = 250;
  area.tested = 120;
  area.volume = {0.25, 0.22, 0.28};
  area.error = {0.4, 0.31, 0.49};
  area.rest_error = {0.1, 0.07, 0.13};
  area.gap = {0.3, 0.18, 0.42};
  area.impact = {0.05625, 0.031, 0.09};
  area.error_low = 0.33;
  area.ln_e = 12.5;
  area.examples = {"q7"};
  return area;
}

area_look look_at(version_number version, std::uint64_t digest) {
  area_look look;
  look.metric = "accuracy";
  look.version = version;
  look.as_of = from_ms(900'000);
  look.to = sequence{2'000};
  look.rows = 1'000;
  look.searched = 510;
  look.tested = 490;
  look.error = area_estimate{0.175, 0.15, 0.2};
  look.bound = 0.195;
  look.false_discovery_rate = 0.1;
  look.candidates = 1'234;
  look.nominated = 3;
  look.areas = {on_tablets()};
  look.digest = digest;
  return look;
}

area_look nothing_at(version_number version, std::uint64_t digest) {
  auto look = look_at(version, digest);
  look.areas.clear();
  return look;
}

struct live_areas : loop_under_test {
  live_areas() { must(adopt_loop{}); }
  explicit live_areas(const ratchet::trigger& trigger) {
    definition = looking(declared().retrain_when(trigger));
  }

  void promote() {
    must(
      register_version{"digest-" + std::to_string(state.event_count), {}, {}});
    must(set_champion{state.last_version, "ann", "good"});
  }
  std::vector<loop_event> consider() { return must(consider_start{}); }
  bool starts() {
    const auto events = consider();
    return !events.empty() &&
      std::holds_alternative<iteration_requested>(events.back());
  }
  void end() {
    must(close_iteration{
      state.last_iteration, iteration_outcome::rejected, 1s, {}, {}});
  }
};

} // namespace

TEST_CASE("a look is recorded once for the same rows", "[areas]") {
  live_areas it{area_of("accuracy")};
  struct row {
    const char* what;
    std::function<area_look()> look;
    bool recorded;
  };
  const std::vector<row> rows{
    {"of another champion", [] { return look_at({4}, 1); }, false},
    {"of a metric that nobody looks at",
     [] {
       auto look = look_at({}, 1);
       look.metric = "speed";
       return look;
     },
     false},
    {"the first", [] { return look_at({}, 1); }, true},
    {"of the same rows", [] { return look_at({}, 1); }, false},
    {"of other rows", [] { return look_at({}, 2); }, true},
    {"that found nothing", [] { return nothing_at({}, 3); }, true},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    const auto before = it.state.event_count;
    const auto events = it.must(note_areas{r.look()});
    CHECK(events.size() == (r.recorded ? 1 : 0));
    if (!r.recorded)
      continue;
    const auto& record = std::get<areas_looked>(events[0]);
    CHECK(record.look == r.look());
    CHECK(record.sentence == area_sentence(record.look));
    CHECK(record.at == it.now);
    CHECK(
      it.state.areas.at("accuracy") ==
      area_mark{before, {}, record.look.as_of, record.look.digest});
    CHECK(
      it.state.trigger.areas.at("accuracy") == reading_of(record.look, before));
  }
  // A new champion is looked at anew, even if the rows had the same digest.
  it.promote();
  CHECK(it.state.trigger.areas.empty());
  CHECK(it.must(note_areas{look_at(it.state.champion, 3)}).size() == 1);
}

TEST_CASE("each look starts at most one iteration", "[areas]") {
  live_areas it{area_of("accuracy")};
  CHECK_FALSE(it.starts());
  it.must(note_areas{nothing_at({}, 1)});
  CHECK_FALSE(it.starts());
  it.must(note_areas{look_at({}, 2)});
  const auto events = it.consider();
  REQUIRE(events.size() == 1);
  const auto& start = std::get<iteration_requested>(events[0]);
  CHECK(start.who == by_trigger);
  CHECK(
    start.reason ==
    "accuracy of what serves without a version loses where device is tablet: "
    "error 0.4, elsewhere 0.1, in 25 % of the traffic; at the mean it would "
    "gain 0.0563");
  // With what is recorded the verdict is made again.
  CHECK(start.inputs.areas == it.state.trigger.areas);
  it.end();
  CHECK_FALSE(it.starts());
  it.must(note_areas{look_at({}, 2)});
  CHECK_FALSE(it.starts());
  it.must(note_areas{look_at({}, 3)});
  CHECK(it.starts());
  it.end();
  // What was found of one champion says nothing of the next.
  it.must(note_areas{look_at({}, 4)});
  it.promote();
  CHECK_FALSE(it.starts());
}

TEST_CASE("an area counts if it is what was asked for", "[areas]") {
  struct row {
    area_demand demand;
    bool looked;
    bool found;
    bool holds;
    const char* sentence;
  };
  const auto r = GENERATE(
    row{
      {},
      false,
      false,
      false,
      "accuracy of the champion has not been looked at for areas yet"},
    row{
      {},
      true,
      false,
      false,
      "of 1234 combinations in 1000 interactions none is an area of accuracy "
      "of version 3"},
    row{
      {},
      true,
      true,
      true,
      "accuracy of version 3 loses where device is tablet: error 0.4, "
      "elsewhere 0.1, in 25 % of the traffic; at the mean it would gain "
      "0.0563"},
    row{
      {0.05, 200},
      true,
      true,
      true,
      "accuracy of version 3 loses where device is tablet: error 0.4, "
      "elsewhere 0.1, in 25 % of the traffic; at the mean it would gain "
      "0.0563, of 0.05; 250 of 200 rows"},
    row{
      {0.06, 0},
      true,
      true,
      false,
      "accuracy of version 3 loses where device is tablet: error 0.4, "
      "elsewhere 0.1, in 25 % of the traffic; at the mean it would gain "
      "0.0563, of 0.06"},
    row{
      {0, 251},
      true,
      true,
      false,
      "accuracy of version 3 loses where device is tablet: error 0.4, "
      "elsewhere 0.1, in 25 % of the traffic; at the mean it would gain "
      "0.0563; 250 of 251 rows"});
  const auto reading =
    reading_of(r.found ? look_at({3}, 1) : nothing_at({3}, 1), 7);
  const auto found =
    examine_area("accuracy", r.demand, r.looked ? &reading : nullptr, nullptr);
  CHECK(found.holds == r.holds);
  CHECK(found.sentence == r.sentence);
}

TEST_CASE("a smaller area counts if a larger one does not", "[areas]") {
  auto look = look_at({3}, 1);
  auto small = on_tablets();
  small.tests = {
    {"age", area_test_kind::range, {}, 30, 40},
    {"device", area_test_kind::missing, {}, {}, {}}};
  small.rows = 900;
  small.impact.value = 0.01;
  look.areas.push_back(small);
  const auto reading = reading_of(look, 7);
  const auto found = examine_area("accuracy", {0.005, 500}, &reading, nullptr);
  CHECK(found.holds);
  CHECK(
    found.sentence.find("where age is 30 to below 40 and device is missing") !=
    std::string::npos);
  const auto before = reading_of(look, 7);
  const auto again = examine_area("accuracy", {}, &reading, &before);
  CHECK_FALSE(again.holds);
  CHECK(again.sentence.ends_with(", as at the last start"));
}

TEST_CASE("a look says itself in one sentence with numbers", "[areas]") {
  auto look = look_at({3}, 1);
  CHECK(
    area_sentence(look) ==
    "accuracy of version 3 loses most where device is tablet: error 0.4 (0.31 "
    "to 0.49), elsewhere 0.1 (0.07 to 0.13), in 25 % of the traffic; at the "
    "mean it would gain 0.0563 (0.031 to 0.09) (of 1234 combinations in 1000 "
    "interactions; false discovery rate 0.1)");
  look.areas.push_back(on_tablets());
  CHECK(area_sentence(look).find("; 1 more area (of") != std::string::npos);
  look.areas.clear();
  CHECK(
    area_sentence(look) ==
    "accuracy of version 3 has no area that is confirmed: of 1234 combinations "
    "of attributes in 1000 interactions, 3 looked worse, and none was "
    "confirmed by 490 others to have an error above 0.195 (false discovery "
    "rate 0.1)");
  look.nominated = 0;
  CHECK(
    area_sentence(look) ==
    "accuracy of version 3 has no area: of 1234 combinations of attributes in "
    "1000 interactions, none is worse than the mean error of 0.175");
  look.searched = 0;
  look.rows = 1;
  CHECK(
    area_sentence(look) ==
    "accuracy of version 3 has no area that is known: 1 interaction are too "
    "few to search in one half of the units and to confirm in the other");
  look.rows = 0;
  CHECK(
    area_sentence(look) ==
    "nothing that is old enough has been said of accuracy of version 3");
}

TEST_CASE("an interaction is in an area or it is not", "[areas]") {
  found_area area;
  area.tests = {
    {"age", area_test_kind::range, {}, 30, 40},
    {"device", area_test_kind::text, "tablet", {}, {}},
    {"plan", area_test_kind::missing, {}, {}, {}}};
  using attributes = std::vector<std::pair<std::string, std::string>>;
  struct row {
    attributes of;
    bool in;
  };
  const auto r = GENERATE(
    row{{{"age", "30"}, {"device", "tablet"}}, true},
    row{{{"device", "tablet"}, {"age", "39.5"}, {"plan", ""}}, true},
    row{{{"age", "40"}, {"device", "tablet"}}, false},
    row{{{"age", "29.9"}, {"device", "tablet"}}, false},
    row{{{"age", "30 years"}, {"device", "tablet"}}, false},
    row{{{"age", "nan"}, {"device", "tablet"}}, false},
    row{{{"device", "tablet"}}, false},
    row{{{"age", "35"}, {"device", "phone"}}, false},
    row{{{"age", "35"}, {"device", "tablet"}, {"plan", "free"}}, false});
  CHECK(is_in(area, r.of) == r.in);
  area.tests[0].low.reset();
  CHECK(is_in(area, attributes{{"age", "-3"}, {"device", "tablet"}}));
  area.tests[0].high.reset();
  CHECK(is_in(area, attributes{{"age", "1e9"}, {"device", "tablet"}}));
  CHECK(to_text(area).starts_with("age is any number and device is tablet"));
}

TEST_CASE("looks come at moments that a crash does not move", "[areas]") {
  const area_options options{.metric = "accuracy", .every = 6h};
  const auto first = from_ms(1'000'000);
  CHECK_FALSE(look_due(options, {}, first + 9h));
  CHECK_FALSE(look_due(options, first, first));
  CHECK_FALSE(look_due(options, first, first + 6h - 1ms));
  CHECK(look_due(options, first, first + 6h) == first + 6h);
  CHECK(look_due(options, first, first + 11h) == first + 6h);
  // What passed while the engine was down is one.
  CHECK(look_due(options, first, first + 61h) == first + 60h);
}

TEST_CASE("a declaration of areas is checked", "[areas][check]") {
  struct row {
    std::function<void(area_options&)> change;
    const char* why;
  };
  const auto r = GENERATE(
    row{
      [](auto& o) { o.metric.clear(); },
      "areas: no metric; set .metric to the one to look at"},
    row{
      [](auto& o) { o.metric = "joy"; },
      "areas: metric \"joy\" is not declared; declare it with metric(...)"},
    row{
      [](auto& o) { o.metric = "speed"; },
      "areas: metric \"speed\" is made from channel \"seconds\", whose numbers "
      "have no bounds to tell how bad one is; declare it with "
      "number_between(...)"},
    row{
      [](auto& o) {
        o.by = {"device", "device"};
      },
      "areas: attribute \"device\": given twice; remove one"},
    row{
      [](auto& o) { o.every = 0ms; },
      "areas: every is 0 ms; give a positive one, such as 6h"},
    row{
      [](auto& o) { o.every = 10ms; },
      "areas: every is 10 ms; give 1s at least, 6h is usual"},
    row{
      [](auto& o) { o.look_back = 24h; },
      "areas: look_back is 1d, and feedback is waited for 1d: nothing would be "
      "old enough; lengthen it, or shorten join_within"},
    row{
      [](auto& o) { o.min_volume = 0; },
      "areas: min_volume is 0, not in (0, 0.5]; 0.01 is usual"},
    row{
      [](auto& o) { o.min_gap = std::nan(""); },
      "areas: min_gap is nan, not in [0, 1); 0.02 is usual"},
    row{
      [](auto& o) { o.false_discovery_rate = 0.6; },
      "areas: false_discovery_rate is 0.6, not in (0, 0.5]; 0.1 is usual"},
    row{[](auto& o) { o.most = 0; }, "areas: most is 0; give 1 to 20"},
    row{
      [](auto& o) { o.max_predicates = 4; },
      "areas: max_predicates is 4; give 1 to 3"},
    row{
      [](auto& o) { o.examples = 21; }, "areas: examples is 21; give 0 to 20"},
    row{
      [](auto& o) { o.max_rows = 10; },
      "areas: max_rows is 10; give 1000 to 1000000"});
  area_options options{.metric = "accuracy"};
  CHECK(check(looking(declared(options))).ok());
  r.change(options);
  const auto checked = check(looking(declared(options)));
  REQUIRE_FALSE(checked.ok());
  CHECK(checked.err().message == "loop \"digits\": " + std::string{r.why});
  CHECK(checked.err().code == errc::invalid_argument);
}

TEST_CASE("what asks for areas needs looks", "[areas][check]") {
  const auto why = [](const loop_definition& definition) {
    const auto checked = check(definition);
    return checked ? std::string{} : checked.err().message;
  };
  auto twice = looking(declared().areas({.metric = "accuracy"}));
  CHECK(
    why(twice) ==
    "loop \"digits\": areas: metric \"accuracy\" is looked at already; remove "
    "one");
  auto bare = looking(declared());
  bare.slice_by.clear();
  CHECK(
    why(bare) ==
    "loop \"digits\": areas: no attribute to tell traffic apart by; set .by, "
    "or call slice_by(...)");
  CHECK(
    why(looking(declared().retrain_when(area_of("speed")))) ==
    "loop \"digits\": trigger: area_of(\"speed\") waits for looks at metric "
    "\"speed\", and none are made; add .areas({.metric = \"speed\"})");
  CHECK(
    why(looking(declared().retrain_when(
      any_of(every(1h), area_of("accuracy", {.impact = 1}))))) ==
    "loop \"digits\": trigger: an area's impact of 1 is not in [0, 1); 0.01 is "
    "a hundredth of the metric's range");
  CHECK(
    why(looking(declared().retrain_when(area_of("accuracy").hysteresis()))) ==
    "loop \"digits\": trigger: area_of(\"accuracy\") begins anew with every "
    "start, so hysteresis has nothing to wait for; remove it");
  const auto oversampled = [](double factor, bool with_areas) {
    auto definition = looking(declared());
    if (!with_areas)
      definition.areas.clear();
    definition.stages = {step("dataset", {}, stage_kind::dataset)};
    definition.stages[0].dataset.channel = "verdict";
    definition.stages[0].dataset.oversample_areas = factor;
    return definition;
  };
  CHECK(why(oversampled(2.5, true)).empty());
  CHECK(why(oversampled(1, false)).empty());
  CHECK(
    why(oversampled(0.5, true)) ==
    "loop \"digits\": stage \"dataset\": oversample_areas is 0.5; give 1 (off) "
    "to 100, 3 is usual");
  CHECK(
    why(oversampled(2, false)) ==
    "loop \"digits\": stage \"dataset\": oversample_areas has no areas to draw "
    "from; declare what is looked at with .areas({.metric = ...})");
}

TEST_CASE("what a look sees is in the fingerprint", "[areas]") {
  const auto base = looking(declared());
  auto other = base;
  other.areas[0].every = 1h;
  CHECK(fingerprint(other) == fingerprint(base));
  other.areas[0].min_gap = 0.1;
  CHECK(fingerprint(other) != fingerprint(base));
  auto without = base;
  without.areas.clear();
  CHECK(fingerprint(without) != fingerprint(base));
  const auto changes = differences(base, other);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].place == "areas of \"accuracy\"");
  CHECK(changes[0].name == "every");
  CHECK(changes[0].before == "6h");
  CHECK(changes[1].name == "min_gap");
}

TEST_CASE("a condition on areas is written as its author wrote it") {
  CHECK(area_text("accuracy", {}) == "area_of(\"accuracy\")");
  CHECK(
    area_text("accuracy", {0.01, 200}) ==
    "area_of(\"accuracy\", {.impact = 0.01, .rows = 200})");
  CHECK(
    area_text("accuracy", {0, 200}) == "area_of(\"accuracy\", {.rows = 200})");
}
