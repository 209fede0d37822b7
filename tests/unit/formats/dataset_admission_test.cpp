#include "formats/dataset.hpp"

#include "formats/json.hpp"

#include "../storage/history_fixture.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <string>
#include <vector>

/// A data set that may not use all there is. Which feedback that is, decides
/// workflows/admission.hpp; here, that each piece is asked about, and counted.

using namespace ratchet;
using namespace ratchet::formats;
using workflows::sequence_range;

namespace {

struct fixture : test::history_fixture {
  fixture() {
    loop = add_loop("digits");
    definition.name = "digits";
    definition.channels = {{"ok", workflows::value_type::boolean, {}, {}, {}}};
  }

  /// Interactions a to d, of versions 1, 2, 2 and 3, then feedback on them:
  /// sequences 1 to 4, and 5 to 9 ("a" and "b" twice).
  void fill() {
    std::vector<event> events;
    std::uint64_t version[] = {1, 2, 2, 3};
    for (int i = 0; i < 4; ++i) {
      auto served =
        test::interaction(std::string(1, static_cast<char>('a' + i)));
      served.input = "[1]";
      served.version.value = version[i];
      events.push_back(served);
    }
    const char* about[] = {"a", "b", "c", "d", "b"};
    for (int i = 0; i < 5; ++i) {
      auto said = test::feedback("f" + std::to_string(i), about[i]);
      said.channel = "ok";
      said.value = i % 2 == 0;
      events.push_back(said);
    }
    append(test::make_batch("digits", events, from_ms(1'000)));
  }

  dataset_manifest
  write(const workflows::admission_terms& terms, bool whole, sequence from) {
    const workflows::dataset_options options{
      .format = "labels",
      .channel = "ok",
      .eval_fraction = 0.0,
      .whole_history = whole};
    auto made = export_dataset(
      *log, {definition, options, from, log->end(loop), out.path(), terms});
    if (!made)
      FAIL(made.err().message);
    return *made;
  }
  [[nodiscard]] std::vector<std::string> rows() const {
    std::vector<std::string> ids;
    std::ifstream in{out.path() / "train.jsonl"};
    for (std::string line; std::getline(in, line);) {
      const auto row = json::parse(line);
      ids.push_back(
        row["_meta"]["interaction_id"].get<std::string>() + "=" +
        row["label"].get<std::string>());
    }
    return ids;
  }

  workflows::loop_definition definition;
  loop_number loop;
  test::temp_dir out;
};

using versions = std::map<version_number, std::uint64_t>;
using names = std::vector<std::string>;

constexpr version_number v(std::uint64_t n) {
  return version_number{n};
}

} // namespace

TEST_CASE_METHOD(
  fixture, "without terms everything is admitted, by version",
  "[formats][dataset][admission]") {
  fill();
  const auto made = write({}, false, {});
  CHECK(rows() == names{"a=true", "c=true", "d=false", "b=true"});
  CHECK(made.admission.admitted == versions{{v(1), 1}, {v(2), 3}, {v(3), 1}});
  CHECK(made.joined == 5);
  CHECK(made.admission.carried_over == 0);
}

TEST_CASE_METHOD(
  fixture, "refused feedback makes no row, and is counted with its reason",
  "[formats][dataset][admission]") {
  fill();
  workflows::admission_terms terms;
  terms.versions = {{v(2), v(1)}};
  // The second word on "b" came while the window was closed.
  terms.closed = {sequence_range{sequence{8}, sequence{9}}};
  terms.used_to = {sequence{1}};
  terms.late = workflows::late_policy::drop;
  const auto made = write(terms, false, {});
  // The first word on "b" stands, where the last one joined.
  CHECK(rows() == names{"c=true", "b=false"});
  CHECK(made.admission.admitted == versions{{v(2), 2}});
  CHECK(made.admission.stale == versions{{v(3), 1}});
  CHECK(made.admission.window_closed == 1);
  CHECK(made.admission.late == 1);
  CHECK(made.joined == 2);

  const auto text = json::parse(to_text(made));
  CHECK(
    text["admission"] ==
    json::parse(R"({"admitted":{"2":2},"carried_over":0,"repeated":0,
      "dropped":{"stale":{"3":1},"window_closed":1,"late":1,"unusable":0}})"));
}

TEST_CASE_METHOD(
  fixture, "late feedback is carried over, and old feedback repeated",
  "[formats][dataset][admission]") {
  fill();
  workflows::admission_terms terms;
  terms.data_from = sequence{5};
  terms.used_to = {sequence{5}};
  const auto fresh = write(terms, false, sequence{5});
  CHECK(rows() == names{"c=true", "d=false", "b=true"});
  CHECK(fresh.admission.carried_over == 4);
  CHECK(fresh.admission.repeated == 0);
  const auto all = write(terms, true, sequence{5});
  CHECK(rows().size() == 4);
  CHECK(all.admission.carried_over == 4);
  CHECK(all.admission.repeated == 1);
  CHECK(workflows::total(all.admission.admitted) == 5);
}

TEST_CASE_METHOD(
  fixture, "an interaction without input counts all its feedback as unusable",
  "[formats][dataset][admission]") {
  auto served = test::interaction("e");
  served.input.clear();
  auto said = test::feedback("g", "e");
  said.channel = "ok";
  said.value = true;
  auto again = said;
  again.id = "h";
  append(test::make_batch("digits", {served, said, again}, from_ms(1'000)));
  const auto made = write({}, false, {});
  CHECK(rows().empty());
  CHECK(made.unusable == 1);
  CHECK(made.admission.unusable == 2);
  CHECK(made.admission.admitted.empty());
}
