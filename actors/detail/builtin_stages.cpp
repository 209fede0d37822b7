#include "actors/detail/builtin_stages.hpp"

#include "analysis/gate.hpp"
#include "formats/dataset.hpp"
#include "formats/scores.hpp"
#include "storage/artifacts.hpp"
#include "storage/loop_journal.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ratchet::actors::detail {

namespace {

constexpr std::string_view scores_file = "scores.jsonl";

attempt_report failed(const error& e) {
  attempt_report report;
  report.failure = workflows::attempt_failure{e.code, e.message, 0, false};
  return report;
}

/// The scores of the nearest stage before the gate that made some.
const workflows::artifact_ref* find_scores(const attempt_site& site) {
  for (auto input = site.order.inputs.rbegin();
       input != site.order.inputs.rend(); ++input)
    for (const auto& artifact : input->second)
      if (artifact.name == scores_file)
        return &artifact;
  return nullptr;
}

/// A metric of the loop that has the score's name says which way is up.
bool higher_is_better(
  const workflows::loop_definition& definition, const std::string& metric) {
  for (const auto& declared : definition.metrics)
    if (declared.name == metric)
      return declared.higher_is_better;
  return true;
}

std::string number(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

void put(
  workflows::stage_result& output, const std::string& name,
  const std::optional<double>& value) {
  if (value)
    output.values[name] = number(*value);
}

std::string_view to_string(analysis::gate_verdict verdict) {
  switch (verdict) {
  case analysis::gate_verdict::passed:
    return "passed";
  case analysis::gate_verdict::failed:
    return "failed";
  case analysis::gate_verdict::insufficient:
    return "insufficient";
  }
  return "unknown";
}

/// All that led to the verdict, as it is journaled with it.
workflows::stage_result record(const analysis::gate_evidence& evidence) {
  workflows::stage_result output;
  output.sentence = evidence.sentence;
  output.values = {
    {"verdict", std::string{to_string(evidence.verdict)}},
    {"metric", evidence.metric},
    {"method", evidence.method},
    {"test", evidence.test},
    {"pairs", std::to_string(evidence.n)},
    {"unpaired", std::to_string(evidence.unpaired)},
    {"wins", std::to_string(evidence.wins)},
    {"losses", std::to_string(evidence.losses)},
    {"margin", number(evidence.margin)},
    {"alpha", number(evidence.alpha)},
  };
  put(output, "champion_mean", evidence.champion_mean);
  put(output, "challenger_mean", evidence.challenger_mean);
  put(output, "difference", evidence.difference);
  put(output, "lower", evidence.lower);
  put(output, "upper", evidence.upper);
  put(output, "p_value", evidence.p_value);
  return output;
}

constexpr std::size_t starts_page = 500;

/// The starts of all iterations before this one.
result<std::vector<workflows::iteration_started>>
read_starts(const attempt_site& site) {
  std::vector<workflows::iteration_started> starts;
  auto before = site.order.start.number;
  while (before.value > 1) {
    const auto page =
      site.node->journal->summaries(site.loop->number, before, starts_page);
    if (!page)
      return page.err();
    for (const auto& summary : *page)
      starts.push_back(summary.start);
    if (page->size() < starts_page)
      break;
    before = page->back().start.number;
  }
  return starts;
}

result<workflows::admission_terms> read_terms(const attempt_site& site) {
  const auto& start = site.order.start;
  const auto& definition = site.plan->definition;
  // Only a data set of the whole history looks at what others refused.
  if (
    !site.order.stage->dataset.whole_history ||
    definition.timing == workflows::timing_policy{})
    return workflows::terms_of(start, definition.timing.late);
  const auto before = read_starts(site);
  if (!before)
    return before.err();
  return workflows::terms_of(start, definition.timing.late, *before);
}

} // namespace

attempt_report judge_gate(const attempt_site& site) {
  const auto& options = site.order.stage->gate;
  const auto* scores = find_scores(site);
  if (scores == nullptr)
    return failed(
      {errc::invalid_argument,
       "gate \"" + site.order.stage->name +
         "\": no stage before it wrote scores.jsonl to its output "
         "directory"});
  const auto file = site.node->artifacts->path_of(scores->digest);
  if (!file)
    return failed(file.err());
  auto samples = formats::read_scores_file(*file, options.metric);
  if (!samples)
    return failed(samples.err());
  const auto evidence = analysis::evaluate_gate(
    {.metric = options.metric,
     .higher_is_better =
       higher_is_better(site.plan->definition, options.metric),
     .has_champion = site.order.start.champion.value != 0,
     .rule =
       {.margin = options.margin,
        .alpha = options.alpha,
        .min_pairs = options.min_pairs,
        .must_improve = options.must_improve},
     // The iteration and the gate, not the attempt: a repeat draws the same.
     .seed = site.loop->name + "/" +
       std::to_string(site.order.start.number.value) + "/" +
       site.order.stage->name,
     .samples = std::move(*samples)});
  if (!evidence)
    return failed(evidence.err());
  attempt_report report;
  report.output = record(*evidence);
  report.refused = evidence->verdict != analysis::gate_verdict::passed;
  return report;
}

attempt_report write_dataset(const attempt_site& site, stage_call& call) {
  auto terms = read_terms(site);
  if (!terms)
    return failed(terms.err());
  const formats::dataset_hooks hooks{
    .canceled = [&call] { return call.canceled(); },
    .progress = [&call](double done) { call.progress(done, "reading"); },
    // Taken in here already; collecting the outputs finds it there.
    .digest =
      [&site](const std::filesystem::path& file) -> result<std::string> {
      const auto kept = site.node->artifacts->put_file(file);
      if (!kept)
        return kept.err();
      return kept->digest;
    },
  };
  const auto manifest = formats::export_dataset(
    *site.node->history,
    {.definition = site.plan->definition,
     .options = site.order.stage->dataset,
     .from = site.order.start.data_from,
     .to = site.order.start.data_to,
     .directory = call.output_dir(),
     .terms = std::move(*terms)},
    hooks);
  if (!manifest)
    return failed(manifest.err());
  attempt_report report;
  report.output.values = workflows::values_of(manifest->admission);
  report.output.values.merge(std::map<std::string, std::string>{
    {"train_rows", std::to_string(manifest->train.rows)},
    {"eval_rows", std::to_string(manifest->eval.rows)},
    {"joined", std::to_string(manifest->joined)},
    {"late", std::to_string(manifest->late)},
    {"unmatched", std::to_string(manifest->unmatched)},
    {"unusable", std::to_string(manifest->unusable)},
  });
  return report;
}

} // namespace ratchet::actors::detail
