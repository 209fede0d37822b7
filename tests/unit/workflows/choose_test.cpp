#include "workflows/choose.hpp"

#include "plans.hpp"
#include "ratchet/loop.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;

namespace {

struct challenger {
  std::string item;
  std::string merit; ///< By the gate "better".
  bool passes = true;
  std::uint64_t version = 0;
};
using field = std::vector<challenger>;

stage_definition choosing(names after, std::string by = {}) {
  auto stage = step("best", std::move(after), stage_kind::choose);
  stage.choose_by = std::move(by);
  return stage;
}

/// What a gate records of `all`. `stops`: one that it does not pass.
stage_result verdicts(const field& all, const std::string& stops = {}) {
  stage_result out;
  out.values["challengers"] = std::to_string(all.size());
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    const bool passes = stops.empty() ? all[i].passes : all[i].item != stops;
    out.values[challenger_value(i, "item")] = all[i].item;
    out.values[challenger_value(i, "verdict")] = passes ? "passed" : "failed";
    out.values[challenger_value(i, "merit")] = all[i].merit;
  }
  return out;
}

/// train (for each) -> better, cheap (gates) -> best
struct trial {
  live_iteration live;

  explicit trial(const field& all, std::string by = {})
      : live(
          {train(all), step("better", {"train"}, stage_kind::gate),
           step("cheap", {"better"}, stage_kind::gate),
           choosing({"cheap"}, std::move(by))}) {
    live.begin();
    for (std::uint32_t i = 0; i < all.size(); ++i)
      live.must(finish_attempt{
        unit_name("train", i),
        1,
        {{}, {}, version_number{all[i].version}, {}},
        false});
  }

  static stage_definition train(const field& all) {
    auto stage = step("train");
    auto& options = stage.for_each.emplace();
    for (const auto& each : all)
      options.items.push_back(each.item);
    return stage;
  }

  void judge(const stage_result& better, const stage_result& cheap = {}) {
    live.finish("better", better);
    live.finish("cheap", cheap);
  }

  choice choose() {
    auto chosen =
      choose_challenger(live.plan, live.it, *live.plan.stage("best"));
    INFO((chosen ? std::string{} : chosen.err().message));
    REQUIRE(chosen.ok());
    return *chosen;
  }
};

} // namespace

TEST_CASE("the challenger with the largest gain is chosen", "[choose]") {
  struct row {
    field all;
    std::string item; ///< Empty: it refuses.
  };
  const auto r = GENERATE(values<row>({
    {{{"a", "0.1", true, 1}, {"b", "0.3", true, 2}, {"c", "0.2", true, 3}},
     "b"},
    {{{"a", "-0.2", true, 1}, {"b", "-0.1", true, 2}}, "b"},
    {{{"a", "1e-3", true, 1}, {"b", "2e-4", true, 2}}, "a"},
    // Of equal ones the first.
    {{{"a", "0.1", true, 1}, {"b", "0.1", true, 2}}, "a"},
    // The best did not pass.
    {{{"a", "0.1", true, 1}, {"b", "0.3", false, 2}}, "a"},
    // The best registered no model.
    {{{"a", "0.1", true, 1}, {"b", "0.3", true, 0}}, "a"},
    {{{"a", "0.1", false, 1}, {"b", "0.3", false, 2}}, ""},
    {{{"a", "0.1", true, 0}}, ""},
  }));
  trial t{r.all};
  t.judge(verdicts(r.all));
  const auto chosen = t.choose();
  CHECK(chosen.refused == r.item.empty());
  CHECK(chosen.output.values.at("challengers") == std::to_string(r.all.size()));
  for (const auto& each : r.all) {
    CHECK(
      chosen.output.sentence.find("\"" + each.item + "\"") !=
      std::string::npos);
    if (each.item == r.item) {
      CHECK(chosen.output.version == version_number{each.version});
      CHECK(chosen.output.values.at("merit") == each.merit);
    }
  }
}

TEST_CASE("every gate has to pass the one that is chosen", "[choose]") {
  const field all{{"a", "0.1", true, 1}, {"b", "0.3", true, 2}};
  trial t{all};
  t.judge(verdicts(all), verdicts(all, "b"));
  const auto chosen = t.choose();
  CHECK(chosen.output.values.at("item") == "a");
  CHECK(
    chosen.output.sentence ==
    "chose \"a\" by accuracy out of 2: \"a\" (version 1) +0.1; \"b\" (version "
    "2) +0.3, stopped by gate \"cheap\"");
}

TEST_CASE("an author names the gate to choose by", "[choose]") {
  field all{{"a", "0.1", true, 1}, {"b", "0.3", true, 2}};
  auto cheaper = all;
  cheaper[0].merit = "9";
  const bool named = GENERATE(true, false);
  trial t{all, named ? "better" : ""};
  t.judge(verdicts(all), verdicts(cheaper));
  CHECK(t.choose().output.values.at("item") == (named ? "b" : "a"));
}

TEST_CASE("without challengers there is nothing to choose by", "[choose]") {
  trial t{{{"a", "0.1", true, 1}}};
  t.judge({{{"verdict", "passed"}}, {}, {}, {}});
  const auto chosen =
    choose_challenger(t.live.plan, t.live.it, *t.live.plan.stage("best"));
  REQUIRE_FALSE(chosen.ok());
  CHECK(chosen.err().code == errc::invalid_argument);
  CHECK(
    chosen.err().message ==
    "stage \"best\": no gate before it judged challengers; let its scores come "
    "from a stage that runs for each item");
}

TEST_CASE("a choice that refuses rejects its iteration", "[choose]") {
  const field all{{"a", "0.1", false, 1}, {"b", "0.3", false, 2}};
  trial t{all};
  t.judge(verdicts(all));
  const auto chosen = t.choose();
  t.live.must(finish_attempt{"best", 1, chosen.output, chosen.refused});
  CHECK(t.live.it.outcome == iteration_outcome::rejected);
  CHECK(
    t.live.it.end_reason ==
    "stage \"best\" refused: no challenger can be chosen: \"a\" (version 1) "
    "+0.1, stopped by gate \"better\"; \"b\" (version 2) +0.3, stopped by gate "
    "\"better\"");
}

TEST_CASE("a choice needs challengers and a gate", "[check][choose]") {
  const auto base = [] {
    return loop("digits").stage("train", command("train"));
  };
  const auto gate = not_worse_than_champion("accuracy");
  struct row {
    loop made;
    std::string message;
  };
  const auto r = GENERATE_COPY(values<row>({
    {base().for_each(items({"a"})).gate("g", gate).choose("best").promote(),
     ""},
    {base().for_each(items({"a"})).gate("g", gate).choose("best", "g"), ""},
    {base().gate("g", gate).choose("best"),
     "no stage comes before it that makes challengers; let one run for each "
     "item with for_each(...)"},
    {base().for_each(items({"a"})).choose("best"),
     "no gate comes before it; it chooses by what a gate found, so add one "
     "with "
     "gate(...)"},
    {base().for_each(items({"a"})).gate("g", gate).choose("best", "h"),
     "\"h\" is no gate before it; it chooses by what a gate found, so add one "
     "with gate(...)"},
  }));
  const auto checked = check(r.made);
  CHECK(
    (checked ? std::string{} : checked.err().message) ==
    (r.message.empty() ? "" : "loop \"digits\": stage \"best\": " + r.message));
}

TEST_CASE("all that may be chosen are known, the best first", "[choose]") {
  const field all{{"a", "0.1", true, 1},  {"b", "0.3", true, 2},
                  {"c", "0.4", false, 3}, // Stopped by the first gate,
                  {"d", "0.5", true, 4},  // by the second,
                  {"e", "0.6", true, 0},  // and without a model.
                  {"f", "0.3", true, 6}};
  const auto passed = [](const trial& t) {
    return passed_challengers(
      t.live.plan, t.live.it, *t.live.plan.stage("best"));
  };
  trial t{all, "better"};
  CHECK(passed(t).empty()); // Nothing is judged yet.
  t.judge(verdicts(all), verdicts(all, "d"));
  CHECK(
    passed(t) ==
    std::vector<version_number>{
      version_number{2}, version_number{6}, version_number{1}});
  CHECK(t.choose().output.version == passed(t).front());
  // A gate that judged one has no say, and no challengers.
  trial one{{{"a", "0.1", true, 1}}};
  one.judge({});
  CHECK(passed(one).empty());
}
