#include "formats/dataset.hpp"

#include "formats/json.hpp"

#include "../storage/history_fixture.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <map>

/// Rows of improvement areas are drawn more often for training.

using namespace ratchet;
using namespace ratchet::formats;

namespace {

struct fixture : test::history_fixture {
  fixture() {
    loop = add_loop("digits");
    definition.name = "digits";
    definition.channels = {
      {"verdict", workflows::value_type::boolean, {}, {}, {}}};
    std::vector<event> events;
    for (int i = 0; i < 200; ++i) {
      auto served = test::interaction("i" + std::to_string(i));
      served.slices = {{"device", i % 2 == 0 ? "tablet" : "phone"}};
      auto said = test::feedback("f" + std::to_string(i), served.id);
      said.channel = "verdict";
      said.value = true;
      events.push_back(std::move(served));
      events.push_back(std::move(said));
    }
    append(test::make_batch("digits", events));
  }

  static std::vector<workflows::area_look> looks() {
    workflows::found_area area;
    area.tests = {
      {"device", workflows::area_test_kind::text, "tablet", {}, {}}};
    workflows::area_look look;
    look.metric = "accuracy";
    look.version = version_number{3};
    look.as_of = from_ms(1'000);
    look.rows = 200;
    look.error = workflows::area_estimate{0.2, 0.1, 0.3};
    look.digest = 0xabc;
    look.areas = {area, area}; // A row in two of them is drawn as one in one.
    return {look};
  }
  dataset_manifest
  write(double factor, std::vector<workflows::area_look> looks) {
    workflows::dataset_options options;
    options.channel = "verdict";
    options.eval_fraction = 0.3;
    options.oversample_areas = factor;
    auto manifest = export_dataset(
      *log,
      {definition,
       options,
       {},
       log->end(loop),
       out.path(),
       {},
       std::move(looks)});
    if (!manifest)
      FAIL(manifest.err().message);
    return *manifest;
  }
  /// How often each interaction is in a file, by device.
  std::map<std::string, std::map<std::string, int>>
  counts(const char* name) const {
    std::map<std::string, std::map<std::string, int>> found;
    std::ifstream in{out.path() / name};
    for (std::string line; std::getline(in, line);) {
      const auto row = parse_json(line, name);
      REQUIRE(row);
      const auto& meta = (*row)["_meta"];
      ++found[meta["slice"]["device"]][meta["interaction_id"]];
    }
    return found;
  }
  [[nodiscard]] json manifest() const {
    std::ifstream in{out.path() / "dataset.json"};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    return *parse_json(text, "dataset.json");
  }

  workflows::loop_definition definition;
  loop_number loop;
  test::temp_dir out;
};

} // namespace

TEST_CASE_METHOD(
  fixture, "rows of an area are drawn so often, for training only",
  "[formats][dataset][areas]") {
  const auto made = write(3, looks());
  auto train = counts("train.jsonl");
  CHECK(train["tablet"].size() > 50);
  for (const auto& [id, times] : train["tablet"])
    CHECK(times == 3);
  for (const auto& [id, times] : train["phone"])
    CHECK(times == 1);
  for (const auto& [device, rows] : counts("eval.jsonl"))
    for (const auto& [id, times] : rows)
      CHECK(times == 1);
  CHECK(made.area_rows == train["tablet"].size());
  CHECK(made.area_copies == 2 * made.area_rows);
  CHECK(made.train.rows + made.eval.rows == 200 + made.area_copies);
  // What was said is counted once.
  CHECK(made.joined == 200);
  const auto said = manifest()["areas"];
  CHECK(said["factor"] == 3.0);
  CHECK(said["rows"] == made.area_rows);
  CHECK(said["copies"] == made.area_copies);
  CHECK(said["looks"][0]["areas"][0]["area"] == "device is tablet");
  CHECK(said["looks"][0]["digest"] == "0000000000000abc");
}

TEST_CASE_METHOD(
  fixture, "a part of a time is for some rows, always the same",
  "[formats][dataset][areas]") {
  const auto made = write(1.5, looks());
  const auto once = counts("train.jsonl");
  CHECK(made.area_copies > made.area_rows / 4);
  CHECK(made.area_copies < 3 * made.area_rows / 4);
  const auto again = write(1.5, looks());
  CHECK(counts("train.jsonl") == once);
  CHECK(again.area_copies == made.area_copies);
}

TEST_CASE_METHOD(
  fixture, "without an area, or without a factor, nothing is drawn twice",
  "[formats][dataset][areas]") {
  auto nothing = looks();
  nothing[0].areas.clear();
  const auto none = write(3, nothing);
  CHECK(none.area_rows == 0);
  CHECK(none.train.rows + none.eval.rows == 200);
  CHECK(manifest()["areas"]["looks"][0]["areas"].empty());
  const auto plain = write(1, looks());
  CHECK(plain.area_rows > 0);
  CHECK(plain.area_copies == 0);
  CHECK(plain.train.rows + plain.eval.rows == 200);
  const auto undeclared = write(1, {});
  CHECK(undeclared.area_rows == 0);
  CHECK_FALSE(manifest().contains("areas"));
}
