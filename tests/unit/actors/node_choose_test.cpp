#include "tests/unit/actors/node_fixture.hpp"

#include "storage/artifacts.hpp"

using namespace ratchet;
using namespace ratchet::test;
using workflows::iteration_outcome;

namespace {

/// A model that is right on as many of 40 samples as its item says.
result<stage_output> trains(stage_context& context) {
  std::ofstream{context.output_dir() / "model.txt"} << context.item();
  return stage_output{};
}

/// Scores each model of `train`, and the champion, on the same samples.
result<stage_output> evaluates(stage_context& context) {
  const auto right = [](const std::filesystem::path& model) {
    int count = 0;
    std::ifstream{model} >> count;
    return count;
  };
  const auto own = right(*context.input_dir("train") / "model.txt");
  const auto champion = context.champion();
  std::ofstream out{context.output_dir() / "scores.jsonl"};
  for (int i = 0; i < 40; ++i) {
    const auto put = [&](const char* model, bool score) {
      out << R"({"sample_id":"s)" << i << R"(","metric":"accuracy","model":")"
          << model << R"(","score":)" << (score ? 1 : 0) << "}\n";
    };
    put("challenger", i < own);
    if (champion)
      put("champion", i < right(*champion));
  }
  return stage_output{};
}

loop contest(std::vector<std::string> models) {
  return loop("a")
    .stage("train", trains)
    .for_each(items(std::move(models)))
    .stage("evaluate", evaluates)
    .for_each(each_of("train"))
    .gate("not worse", not_worse_than_champion("accuracy", {.margin = 0.1}))
    .choose("best")
    .promote();
}

std::string served(const node_fixture& f) {
  const auto& champion = f.node->assignments()->at("a");
  const auto file = f.node->artifacts().path_of(champion.digest);
  std::string text;
  std::ifstream{*file} >> text;
  return text;
}

} // namespace

TEST_CASE_METHOD(
  node_fixture, "the best of several challengers is promoted",
  "[actors][node][choose]") {
  start({contest({"20", "30", "25"})});
  const auto n = trigger("a");
  wait_for_end("a", n);
  INFO(summary("a", n).verdict);
  CHECK(summary("a", n).outcome == iteration_outcome::promoted);
  CHECK(served(*this) == "30");
  // The others are candidates still, each with the attempt that made it.
  const auto versions = node->registry().versions(number_of("a"), {}, 10);
  REQUIRE(versions);
  CHECK(versions->size() == 3);
  for (const auto& version : *versions)
    CHECK(version.source.starts_with("a.1.train@"));
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  node_fixture, "challengers are compared with the champion, each for itself",
  "[actors][node][choose]") {
  start({contest({"20", "30", "25"})});
  wait_for_end("a", trigger("a"));
  stop();
  start({contest({"10", "36", "40", "29"})});
  const auto n = trigger("a");
  wait_for_end("a", n);
  INFO(summary("a", n).verdict);
  CHECK(summary("a", n).outcome == iteration_outcome::promoted);
  CHECK(served(*this) == "40");
  const auto plan =
    node->journal()
      .load_definition(number_of("a"), summary("a", n).start.fingerprint)
      .value();
  const auto it =
    node->journal().load_iteration(number_of("a"), n, plan).value();
  const auto& gate = it.stages.at("not worse").output;
  CHECK(gate.values.at("challengers") == "4");
  CHECK(gate.values.at("0.verdict") == "failed");
  CHECK(gate.values.at("1.merit") == "0.15");
  CHECK(gate.values.at("2.merit") == "0.25");
  const auto& best = it.stages.at("best").output;
  CHECK(best.values.at("item") == "40");
  CHECK(
    best.sentence.find("stopped by gate \"not worse\"") != std::string::npos);
}

TEST_CASE_METHOD(
  node_fixture, "if every challenger loses, the champion stays",
  "[actors][node][choose]") {
  start({contest({"30"})});
  wait_for_end("a", trigger("a"));
  stop();
  start({contest({"10", "12"})});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::rejected);
  CHECK(
    summary("a", n).verdict.find("0 of 2 challengers passed") !=
    std::string::npos);
  CHECK(served(*this) == "30");
}

TEST_CASE_METHOD(
  node_fixture, "several models without a choice are not promoted",
  "[actors][node][choose]") {
  start(
    {loop("a").stage("train", trains).for_each(items({"1", "2"})).promote()});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::failed);
  CHECK(
    summary("a", n).verdict.find("choose(...) takes one") != std::string::npos);
}
