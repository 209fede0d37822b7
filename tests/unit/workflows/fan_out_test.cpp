#include "workflows/fan_out.hpp"

#include "plans.hpp"
#include "workflows/sleep.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

using enum stage_status;

namespace {

stage_definition
for_items(stage_definition stage, names items, std::uint32_t parallel = 0) {
  auto& options = stage.for_each.emplace();
  options.items = std::move(items);
  options.parallel = parallel;
  return stage;
}

stage_definition
looked_up(stage_definition stage, item_source source = item_source::slices) {
  stage.for_each.emplace().source = source;
  stage.for_each->name = "writer";
  return stage;
}

stage_definition with_policy(
  stage_definition stage, item_policy policy, std::uint32_t least = 0,
  double share = 0) {
  stage.for_each->policy = policy;
  stage.for_each->least_items = least;
  stage.for_each->least_share = share;
  return stage;
}

/// Units know their attempts by `find`.
struct live_fan_out : live_iteration {
  explicit live_fan_out(std::vector<stage_definition> stages)
      : live_iteration(std::move(stages)) {
    begin();
  }
  [[nodiscard]] const stage_state& unit(const std::string& name) const {
    REQUIRE(it.find(name) != nullptr);
    return *it.find(name);
  }
  [[nodiscard]] stage_status at(const std::string& name) const {
    return unit(name).status;
  }
  void done(const std::string& name, stage_result output = {}) {
    must(finish_attempt{name, unit(name).attempt, std::move(output), false});
  }
  void broke(const std::string& name, attempt_failure failure = crash) {
    must(fail_attempt{name, unit(name).attempt, std::move(failure)});
  }
};

const names languages{"de", "fr", "it"};

live_fan_out three(std::uint32_t parallel = 0, std::uint32_t tries = 1) {
  return live_fan_out{
    {for_items(with_tries(step("a"), tries), languages, parallel),
     step("b", {"a"})}};
}

} // namespace

TEST_CASE("a unit's name is its stage's with an index", "[fan_out]") {
  CHECK(unit_name("train", 3) == "train[3]");
  const auto ref = parse_unit("train[3]");
  CHECK(ref.stage == "train");
  CHECK(ref.index == 3U);
  const auto* text = GENERATE(
    "train", "", "train[]", "train[03]", "train[x]", "train[-1]", "[3]",
    "train[3", "train[99999999999]");
  CHECK_FALSE(parse_unit(text).index);
  CHECK(parse_unit(text).stage == text);
}

TEST_CASE("an attempt of a unit has an id without brackets", "[fan_out]") {
  const iteration_number n{7};
  CHECK(unit_attempt_id("digits", n, "train[3]", 2) == "digits.7.train@3.2");
  CHECK(unit_attempt_id("digits", n, "train", 2) == "digits.7.train.2");
}

TEST_CASE("a list of items is a JSON array of strings", "[fan_out]") {
  struct row {
    std::string text;
    names items;
  };
  const auto r = GENERATE(values<row>({
    {"[]", {}},
    {" [ ] ", {}},
    {R"(["de"])", {"de"}},
    {R"([ "de" , "fr" ])", {"de", "fr"}},
    {R"(["a\"b\\\/\n"])", {"a\"b\\/\n"}},
    {R"(["\u00e4\u20AC\ud83d\ude00"])",
     {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"}},
  }));
  const auto parsed = parse_item_list(r.text);
  REQUIRE(parsed.ok());
  CHECK(*parsed == r.items);
}

TEST_CASE("what is no list of items is refused with the place", "[fan_out]") {
  const auto* text = GENERATE(
    "", "7", "{}", "[", R"(["de")", R"(["de",])", R"(["de" "fr"])", "[7]",
    R"(["de"] x)", R"(["\x"])", R"(["\ud83d"])", R"(["\ude00"])", R"(["\u12"])",
    "[\"a\nb\"]", R"(["de)");
  const auto parsed = parse_item_list(text);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.err().code == errc::invalid_argument);
  CHECK(parsed.err().message.find("at byte") != std::string::npos);
}

TEST_CASE("items are bounded and differ", "[fan_out]") {
  CHECK(check_items({}).empty());
  CHECK(check_items({"de", "fr"}).empty());
  CHECK(check_items({std::string(longest_item, 'x')}).empty());
  const auto bad = GENERATE(values<names>(
    {{""}, {"de", "de"}, {"a\nb"}, {std::string(longest_item + 1, 'x')}}));
  CHECK_FALSE(check_items(bad).empty());
  names many(most_items + 1);
  for (std::size_t i = 0; i < many.size(); ++i)
    many[i] = std::to_string(i);
  CHECK_FALSE(check_items(many).empty());
  many.pop_back();
  CHECK(check_items(many).empty());
}

TEST_CASE("every item runs, then the stages after", "[fan_out]") {
  auto live = three();
  CHECK(live.status("a") == fanned_out);
  for (const auto* unit : {"a[0]", "a[1]", "a[2]"})
    CHECK(live.at(unit) == running);
  live.done("a[1]");
  live.done("a[0]");
  CHECK(live.status("a") == fanned_out);
  CHECK(live.status("b") == pending);
  live.done("a[2]");
  CHECK(live.status("a") == succeeded);
  CHECK(live.status("b") == running);
  const auto& values = live.it.stages.at("a").output.values;
  CHECK(values.at("items") == "3");
  CHECK(values.at("succeeded") == "3");
  CHECK(values.at("failed") == "0");
  CHECK(values.at("skipped") == "0");
}

TEST_CASE("a bound on items at once holds", "[fan_out]") {
  auto live = three(1, 2);
  CHECK(live.at("a[0]") == running);
  CHECK(live.at("a[1]") == pending);
  live.broke("a[0]"); // It keeps its place while it backs off.
  CHECK(live.at("a[0]") == backing_off);
  CHECK(live.at("a[1]") == pending);
  live.now += 1s;
  live.must(start_retry{"a[0]"});
  live.done("a[0]");
  CHECK(live.at("a[1]") == running);
  CHECK(live.at("a[2]") == pending);
}

TEST_CASE("no items: the stage succeeds at once", "[fan_out]") {
  live_fan_out live{{looked_up(step("a")), step("b", {"a"})}};
  live.must(fix_items{"a", 1, {}});
  CHECK(live.status("a") == succeeded);
  CHECK(live.it.stages.at("a").output.values.at("items") == "0");
  CHECK(live.status("b") == running);
}

TEST_CASE("a stage without items lets those after it start", "[fan_out]") {
  live_fan_out live{{for_items(step("a"), {}), step("b", {"a"})}};
  CHECK(live.status("a") == succeeded);
  CHECK(live.status("b") == running);
}

TEST_CASE("a failed item means what the policy says", "[fan_out]") {
  struct row {
    item_policy policy;
    std::uint32_t least;
    double share;
    std::size_t failures;
    stage_status status;
  };
  const auto r = GENERATE(values<row>({
    {item_policy::fail, 0, 0, 1, failed},
    {item_policy::skip, 0, 0, 3, succeeded},
    {item_policy::threshold, 2, 0, 1, succeeded},
    {item_policy::threshold, 2, 0, 2, failed},
    {item_policy::threshold, 0, 0.6, 1, succeeded},
    {item_policy::threshold, 0, 0.7, 1, failed},
    {item_policy::threshold, 0, 2.0 / 3, 1, succeeded},
  }));
  live_fan_out live{
    {with_policy(for_items(step("a"), languages), r.policy, r.least, r.share)}};
  for (std::uint32_t i = 0; i < 3; ++i)
    if (i < r.failures)
      live.broke(unit_name("a", i));
    else
      live.done(unit_name("a", i));
  CHECK(live.status("a") == r.status);
  CHECK(
    live.it.outcome ==
    (r.status == failed ? iteration_outcome::failed
                        : iteration_outcome::completed));
}

TEST_CASE("more items are asked for than there are", "[fan_out]") {
  live_fan_out live{
    {with_policy(looked_up(step("a")), item_policy::threshold, 3)}};
  live.must(fix_items{"a", 1, {"x", "y"}});
  CHECK(live.status("a") == failed);
  CHECK(live.it.stages.at("a").failure.find("at least 3") != std::string::npos);
  CHECK(live.it.outcome == iteration_outcome::failed);
}

TEST_CASE("a stage that can only fail starts nothing more", "[fan_out]") {
  live_fan_out live{
    {for_items(with_tries(step("a"), 3), {"v", "w", "x", "y", "z"}, 4)}};
  live.broke("a[1]");
  live.must(queue_attempt{"a[2]", 1});
  live.broke("a[0]", {errc::invalid_argument, "bad flag"});
  CHECK(live.at("a[1]") == canceled);
  CHECK(live.at("a[2]") == canceled);
  CHECK(live.at("a[4]") == pending);
  CHECK(live.status("a") == fanned_out); // a[3] is let finish.
  live.done("a[3]");
  CHECK(live.status("a") == failed);
  CHECK(
    live.it.stages.at("a").failure ==
    "1 of 5 items failed: a[0] (v): bad flag");
  CHECK(
    live.it.end_reason ==
    "stage \"a\" failed at attempt 1: 1 of 5 items failed: a[0] (v): bad flag");
}

TEST_CASE("a doomed stage retries nothing", "[fan_out]") {
  live_fan_out live{{for_items(with_tries(step("a"), 3), languages)}};
  live.broke("a[0]", {errc::invalid_argument, "bad flag"});
  live.broke("a[1]");
  CHECK(live.at("a[1]") == failed);
}

TEST_CASE("items that are looked up are fixed by the answer", "[fan_out]") {
  live_fan_out live{{looked_up(step("a"))}};
  CHECK(live.status("a") == listing);
  const auto list = recover(live.it);
  REQUIRE(list.size() == 1);
  CHECK(std::get<list_items>(list[0]).attempt == 1);

  CHECK(live.must(fix_items{"a", 2, {"x"}}).empty()); // Of another look-up.
  live.must(fix_items{"a", 1, {"x", "y"}});
  CHECK(live.it.fan_outs.at("a").items == names{"x", "y"});
  CHECK(live.must(fix_items{"a", 1, {"z"}}).empty());
  CHECK(live.must(fail_items{"a", 1, crash}).empty());
  CHECK(live.it.fan_outs.at("a").items == names{"x", "y"});
}

TEST_CASE("items that cannot be had fail their stage", "[fan_out]") {
  live_fan_out live{{looked_up(step("a"))}};
  SECTION("they cannot be looked up") {
    live.must(fail_items{"a", 1, {errc::io_error, "no disk"}});
    CHECK(live.it.stages.at("a").failure == "no disk");
  }
  SECTION("they are none that can be run") {
    live.must(fix_items{"a", 1, {"x", "x"}});
    CHECK(live.it.stages.at("a").failure_code == errc::invalid_argument);
  }
  CHECK(live.status("a") == failed);
  CHECK(live.it.outcome == iteration_outcome::failed);
  // A retry looks again, under a number of its own.
  live.must(retry_stage{"", "ada", ""});
  CHECK(live.status("a") == listing);
  CHECK(live.it.stages.at("a").attempt == 2);
}

TEST_CASE("a list may be known only at run time", "[fan_out]") {
  auto later = looked_up(step("a", {"plan"}), item_source::output);
  later.for_each->stage = "plan";
  later.for_each->name = "shards";
  live_fan_out live{{step("plan"), later}};
  SECTION("it was recorded") {
    live.done("plan", {{{"shards", R"(["n", "s"])"}}, {}, {}, {}});
    CHECK(live.it.fan_outs.at("a").items == names{"n", "s"});
    CHECK(live.at("a[1]") == running);
  }
  SECTION("it was not") {
    live.done("plan");
    CHECK(live.status("a") == failed);
    CHECK(
      live.it.stages.at("a").failure ==
      "the list of items, value \"shards\" of stage \"plan\": it was not "
      "recorded");
    CHECK(live.it.outcome == iteration_outcome::failed);
  }
  SECTION("it is none") {
    live.done("plan", {{{"shards", "n,s"}}, {}, {}, {}});
    CHECK(live.status("a") == failed);
  }
}

TEST_CASE("a stage may run for the items of another", "[fan_out]") {
  auto judge = looked_up(step("judge", {"a"}), item_source::units);
  judge.for_each->stage = "a";
  live_fan_out live{
    {with_policy(for_items(step("a"), languages), item_policy::skip), judge}};
  live.done("a[2]");
  live.broke("a[1]");
  live.done("a[0]"); // The last one counts, too.
  CHECK(live.it.fan_outs.at("judge").items == names{"de", "it"});
}

TEST_CASE("a failure elsewhere ends a fan-out", "[fan_out]") {
  live_fan_out live{
    {for_items(with_tries(step("a"), 2), languages, 2), step("x")}};
  live.broke("a[0]");
  live.fail("x", crash);
  CHECK(live.at("a[0]") == canceled);
  CHECK(live.status("a") == fanned_out);
  CHECK(live.it.outcome == iteration_outcome::running);
  SECTION("what ran is kept") {
    live.done("a[1]");
    CHECK(live.at("a[1]") == succeeded);
  }
  SECTION("or fails without a retry") {
    live.broke("a[1]");
    CHECK(live.at("a[1]") == failed);
  }
  CHECK(live.at("a[2]") == pending);
  CHECK(is_final(live.status("a")));
  CHECK(live.it.outcome == iteration_outcome::failed);
}

TEST_CASE("a cancel stops all items", "[fan_out]") {
  live_fan_out live{{for_items(with_tries(step("a"), 2), languages, 2)}};
  live.broke("a[0]");
  const auto events = live.must(cancel_iteration{"ada", "wrong data"});
  const auto list = effects(live.it, events[0]);
  REQUIRE(list.size() == 1);
  CHECK(std::get<stop_attempt>(list[0]).stage == "a[1]");
  CHECK(live.at("a[0]") == canceled);
  CHECK(live.it.outcome == iteration_outcome::running);
  const auto again = recover(live.it);
  REQUIRE(again.size() == 1);
  CHECK(std::get<stop_attempt>(again[0]).stage == "a[1]");

  live.must(confirm_canceled{"a[1]", 1});
  CHECK(live.status("a") == canceled);
  CHECK(live.it.outcome == iteration_outcome::canceled);
}

TEST_CASE("a cancel ends a fan-out where nothing runs", "[fan_out]") {
  SECTION("its items are being looked up") {
    live_fan_out live{{looked_up(step("a"))}};
    live.cancel();
    CHECK(live.status("a") == canceled);
    CHECK(live.must(fix_items{"a", 1, {"x"}}).empty());
  }
  SECTION("its items back off") {
    live_fan_out live{{for_items(with_tries(step("a"), 2), {"x"})}};
    live.broke("a[0]");
    live.cancel();
    CHECK(live.status("a") == canceled);
    CHECK(live.it.outcome == iteration_outcome::canceled);
  }
}

TEST_CASE("one item can be skipped", "[fan_out]") {
  auto live = three(1);
  CHECK(live.refused(skip_stage{"a[0]", "ada", ""}).code == errc::conflict);
  CHECK(live.refused(skip_stage{"a", "ada", ""}).code == errc::conflict);
  CHECK(live.refused(skip_stage{"a[3]", "ada", ""}).code == errc::not_found);
  live.must(skip_stage{"a[1]", "ada", "no Italian today"});
  CHECK(live.must(skip_stage{"a[1]", "ada", ""}).empty());
  live.done("a[0]");
  CHECK(live.at("a[1]") == skipped);
  CHECK(live.at("a[2]") == running);
  live.done("a[2]");
  CHECK(live.status("a") == succeeded);
  CHECK(live.it.stages.at("a").output.values.at("skipped") == "1");
}

TEST_CASE("a failed item can be skipped after the end", "[fan_out]") {
  auto live = three();
  live.broke("a[0]");
  live.done("a[1]");
  live.done("a[2]");
  REQUIRE(live.it.outcome == iteration_outcome::failed);
  CHECK(live.refused(skip_stage{"a[1]", "ada", ""}).code == errc::conflict);
  live.must(skip_stage{"a[0]", "ada", "no German today"});
  CHECK(live.at("a[0]") == skipped);
  CHECK(live.status("a") == succeeded);
  CHECK(live.status("b") == running);
}

TEST_CASE("a retry repeats only the items that failed", "[fan_out]") {
  auto live = three(2);
  live.done("a[0]");
  live.broke("a[1]");
  live.done("a[2]");
  REQUIRE(live.status("a") == failed);
  const std::string stage = GENERATE("", "a[1]");
  live.must(retry_stage{stage, "ada", ""});
  CHECK(live.at("a[0]") == succeeded);
  CHECK(live.at("a[1]") == running);
  CHECK(live.unit("a[1]").attempt == 2);
  CHECK(live.at("a[2]") == succeeded);
  live.done("a[1]");
  CHECK(live.status("b") == running);
}

TEST_CASE("a retry by name makes the list anew", "[fan_out]") {
  live_fan_out live{{looked_up(step("a"))}};
  live.must(fix_items{"a", 1, {"x", "y"}});
  live.done("a[0]");
  live.broke("a[1]");
  live.must(retry_stage{"a", "ada", ""});
  CHECK(live.status("a") == listing);
  CHECK(live.it.find("a[0]") == nullptr);
  live.must(fix_items{"a", 2, {"z"}});
  // Its first attempt has a number that no item has had.
  CHECK(live.unit("a[0]").attempt == 2);
  CHECK(
    live.refused(finish_attempt{"a[0]", 1, {}, false}).code == errc::conflict);
}

TEST_CASE("a retry takes up a fan-out that was cut short", "[fan_out]") {
  live_fan_out live{{for_items(step("a"), languages, 1), step("x")}};
  live.fail("x", crash);
  live.done("a[0]");
  REQUIRE(live.status("a") == canceled);
  live.must(retry_stage{"", "ada", ""});
  CHECK(live.at("a[0]") == succeeded);
  CHECK(live.at("a[1]") == running);
  CHECK(live.status("x") == running);
}

TEST_CASE("a stage that runs for each has no attempts", "[fan_out]") {
  auto live = three();
  CHECK(
    live.refused(finish_attempt{"a", 1, {}, false}).message ==
    "stage \"a\" runs for each of its items; name one, such as a[0]");
  CHECK(live.refused(fail_attempt{"a", 1, crash}).code == errc::conflict);
  CHECK(
    live.refused(finish_attempt{"a[3]", 1, {}, false}).code == errc::not_found);
}

TEST_CASE("conditions may ask how items went", "[fan_out]") {
  auto publish = step("publish", {"a"});
  publish.when = at_least("a", "failed", 1);
  live_fan_out live{
    {with_policy(for_items(step("a"), languages), item_policy::skip), publish}};
  live.done("a[0]");
  live.done("a[1]");
  live.broke("a[2]");
  CHECK(live.status("publish") == running);
}

TEST_CASE("only one version speaks for a stage", "[fan_out]") {
  auto live = three();
  const auto registered = [](std::uint64_t version) {
    return stage_result{{}, {}, version_number{version}, {}};
  };
  live.done("a[0]", registered(4));
  live.done("a[1]");
  const bool second = GENERATE(true, false);
  live.done("a[2]", registered(second ? 5 : 0));
  CHECK(live.it.version() == version_number{second ? 0U : 4U});
}

TEST_CASE("an iteration whose items back off may sleep", "[fan_out]") {
  live_fan_out live{{for_items(with_tries(step("a"), 2), {"x", "y"})}};
  live.broke("a[0]");
  CHECK_FALSE(asleep_until(live.it));
  live.now += 100ms;
  live.broke("a[1]");
  CHECK(asleep_until(live.it) == live.unit("a[0]").due);
}

/// Each event of a long fan-out is decided on what is under way, not on all
/// items: ten times the items take about ten times the decisions, and each
/// looks at no more. Counted by the size of what a decision records.
TEST_CASE("a long fan-out goes on item by item", "[fan_out]") {
  names items(most_items);
  for (std::size_t i = 0; i < items.size(); ++i)
    items[i] = std::to_string(i);
  live_fan_out live{{for_items(step("a"), items, 8)}};
  for (std::uint32_t i = 0; i < most_items; ++i) {
    const auto events =
      live.must(finish_attempt{unit_name("a", i), 1, {}, false});
    REQUIRE(events.size() <= 3);
  }
  CHECK(live.status("a") == succeeded);
  CHECK(live.it.outcome == iteration_outcome::completed);
  CHECK(live.it.event_count == 2 * most_items + 4);
}
