#include "ratchet/loop.hpp"
#include "workflows/check.hpp"
#include "workflows/fan_out.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <limits>

using namespace ratchet;
using workflows::item_policy;
using workflows::item_source;

namespace {

loop with(const item_set& set) {
  return loop("digits")
    .channel(boolean("ok"))
    .metric("ok_rate")
    .from("ok")
    .slice_by("writer")
    .stage("plan", command("plan"))
    .stage("train", command("train"))
    .for_each(set);
}

std::string message(const result<void>& checked) {
  return checked ? "fine" : checked.err().message;
}

} // namespace

TEST_CASE("an author says what a stage runs for", "[builder][fan_out]") {
  struct row {
    item_set set;
    item_source source;
    std::string stage;
    std::string name;
    std::uint32_t count;
  };
  const auto r = GENERATE(values<row>({
    {items({"de", "fr"}), item_source::list, "", "", 0},
    {slices("writer"), item_source::slices, "", "writer", 0},
    {newest_versions(3), item_source::versions, "", "", 3},
    {listed_in(output("plan", "shards")), item_source::output, "plan", "shards",
     0},
    {listed_in_file("plan", "shards.json"), item_source::file, "plan",
     "shards.json", 0},
  }));
  const auto made = with(r.set);
  CHECK(message(check(made)) == "fine");
  const auto& options = made.definition().stages.back().for_each.value();
  CHECK(options.source == r.source);
  CHECK(options.stage == r.stage);
  CHECK(options.name == r.name);
  CHECK(options.count == r.count);
  CHECK(options.parallel == 0);
  CHECK(options.policy == item_policy::fail);
}

TEST_CASE("an author says what a failed item means", "[builder][fan_out]") {
  auto list = items({"de", "fr"});
  CHECK(list.parallel(4).options().parallel == 4);
  CHECK(list.skip_failed().options().policy == item_policy::skip);
  CHECK(list.at_least(1).options().policy == item_policy::threshold);
  CHECK(list.options().least_items == 1);
  CHECK(list.at_least(0.5).options().least_share == 0.5);
}

TEST_CASE("what a stage cannot run for is refused", "[check][fan_out]") {
  struct row {
    item_set set;
    std::string why;
  };
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  const auto r = GENERATE_COPY(values<row>({
    {items({}), "its list is empty; name at least one item"},
    {items({"de", "de"}), "item 1 is there twice: \"de\"; name each once"},
    {items({""}), "item 0 is empty; give each a name"},
    {items({"a"}).parallel(0),
     "parallel is not in 1 to 1000; leave it out for no bound of its own"},
    {items({"a"}).parallel(1001),
     "parallel is not in 1 to 1000; leave it out for no bound of its own"},
    {items({"a"}).at_least(0),
     "at_least is 0 and would let all items fail; use skip_failed for that"},
    {items({"a"}).at_least(2),
     "at_least is 2, more than there are items; give at most 1"},
    {items({"a"}).at_least(1.5),
     "at_least is not a share in (0, 1]; 0.8 is four of five"},
    {items({"a"}).at_least(nan),
     "at_least is not a share in (0, 1]; 0.8 is four of five"},
    {slices("city"),
     "attribute \"city\" is not declared; declare it with slice_by(...)"},
    {newest_versions(0), "0 versions; give 1 to 10000"},
    {listed_in(output("x", "y")),
     "its items come from \"x\", which is no stage; name a declared one"},
    {listed_in(output("train", "y")),
     "its items come from \"train\", which does not come before it; add it to "
     "after(...)"},
    {listed_in(output("plan", "")),
     "its list of items has no name; name the value or file"},
    {listed_in_file("plan", "a/b.json"),
     "file \"a/b.json\" is in a directory; name one at the top of the "
     "outputs"},
    {each_of("plan"),
     "stage \"plan\" does not run for each item; use listed_in(...) for a list "
     "that it makes"},
  }));
  CHECK(
    message(check(with(r.set))) ==
    "loop \"digits\": stage \"train\": for_each: " + r.why);
}

TEST_CASE("slices are known by metrics only", "[check][fan_out]") {
  const auto made = loop("digits")
                      .slice_by("writer")
                      .stage("train", command("train"))
                      .for_each(slices("writer"));
  CHECK(
    message(check(made)) ==
    "loop \"digits\": stage \"train\": for_each: the loop has no metric, and "
    "only metrics know slices; add one with metric(...)");
}

TEST_CASE("only work can run for each item", "[check][fan_out]") {
  const auto made = loop("digits")
                      .channel(boolean("ok"))
                      .stage("data", export_dataset{.channel = "ok"})
                      .for_each(items({"a"}));
  CHECK(
    message(check(made)) ==
    "loop \"digits\": stage \"data\": for_each: only a command or a function "
    "can run for each item; remove for_each");
  CHECK(
    message(check(with(items({"a"})).for_each(items({"b"})))) ==
    "loop \"digits\": stage \"train\": a second for_each; keep one");
  CHECK(
    message(check(loop("digits").for_each(items({"a"})))) ==
    "loop \"digits\": for_each comes before any stage; call it after "
    "stage(...)");
}

TEST_CASE(
  "what a stage runs for is in the fingerprint, how much at once is not",
  "[definition][fan_out]") {
  const auto of = [](const item_set& set) {
    return fingerprint(with(set).definition());
  };
  const auto base = of(items({"de", "fr"}));
  CHECK(of(items({"de", "fr"}).parallel(3)) == base);
  CHECK(of(items({"de"})) != base);
  CHECK(of(items({"de", "fr"}).skip_failed()) != base);
  CHECK(of(items({"de", "fr"}).at_least(1)) != base);
  CHECK(of(slices("de")) != of(newest_versions(1)));
}
