#include "actors/detail/builtin_stages.hpp"

#include "analysis/gate.hpp"
#include "formats/scores.hpp"
#include "storage/artifacts.hpp"
#include "workflows/choose.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ratchet::actors::detail {

namespace {

constexpr std::string_view scores_file = "scores.jsonl";

using artifacts = std::vector<workflows::artifact_ref>;

const workflows::artifact_ref* scores_among(const artifacts& made) {
  const auto found = std::find_if(made.begin(), made.end(), [](const auto& a) {
    return a.name == scores_file;
  });
  return found == made.end() ? nullptr : &*found;
}

bool has_scores(const unit_results& results) {
  return std::any_of(
    results.units.begin(), results.units.end(), [](const auto& unit) {
      return scores_among(unit.output.artifacts) != nullptr;
    });
}

/// The nearest stage before the gate that made scores: one, or one for each of
/// its items.
struct found_scores {
  const workflows::artifact_ref* one = nullptr;
  const unit_results* many = nullptr;
};

found_scores find_scores(const attempt_site& site) {
  const auto& before = site.plan->before.at(site.order.stage->name);
  for (auto name = before.rbegin(); name != before.rend(); ++name) {
    for (const auto& [stage, made] : site.order.inputs)
      if (stage == *name)
        if (const auto* scores = scores_among(made))
          return {scores, nullptr};
    for (const auto& [stage, results] : site.order.joined)
      if (stage == *name && has_scores(*results))
        return {nullptr, results.get()};
  }
  return {};
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

/// `name` for the one challenger of a gate, "3.name" for one of many.
using naming = std::function<std::string(const char* name)>;

/// What differs from challenger to challenger.
void record_findings(
  workflows::stage_result& output, const analysis::gate_evidence& evidence,
  const naming& named) {
  const auto put = [&](const char* name, const std::optional<double>& value) {
    if (value)
      output.values[named(name)] = number(*value);
  };
  output.values[named("verdict")] = to_string(evidence.verdict);
  output.values[named("pairs")] = std::to_string(evidence.n);
  output.values[named("unpaired")] = std::to_string(evidence.unpaired);
  output.values[named("wins")] = std::to_string(evidence.wins);
  output.values[named("losses")] = std::to_string(evidence.losses);
  put("champion_mean", evidence.champion_mean);
  put("challenger_mean", evidence.challenger_mean);
  put("difference", evidence.difference);
  put("lower", evidence.lower);
  put("upper", evidence.upper);
  put("p_value", evidence.p_value);
}

/// What they share: they are judged by one rule.
void record_rule(
  workflows::stage_result& output, const analysis::gate_evidence& evidence) {
  output.values["metric"] = evidence.metric;
  output.values["method"] = evidence.method;
  output.values["test"] = evidence.test;
  output.values["margin"] = number(evidence.margin);
  output.values["alpha"] = number(evidence.alpha);
}

/// `whose` tells the draws of several challengers apart; empty for the one.
result<analysis::gate_evidence> judge(
  const attempt_site& site, const workflows::artifact_ref& scores,
  const std::string& whose) {
  const auto& options = site.order.stage->gate;
  const auto file = site.node->artifacts->path_of(scores.digest);
  if (!file)
    return file.err();
  auto samples = formats::read_scores_file(*file, options.metric);
  if (!samples)
    return samples.err();
  return analysis::evaluate_gate(
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
       site.order.stage->name + whose,
     .samples = std::move(*samples)});
}

attempt_report
judge_one(const attempt_site& site, const workflows::artifact_ref& scores) {
  const auto evidence = judge(site, scores, {});
  if (!evidence)
    return failed(evidence.err());
  attempt_report report;
  report.output.sentence = evidence->sentence;
  record_rule(report.output, *evidence);
  record_findings(report.output, *evidence, [](const char* name) {
    return std::string{name};
  });
  report.refused = evidence->verdict != analysis::gate_verdict::passed;
  return report;
}

/// What a challenger is worth, more is better (workflows/choose.hpp).
std::optional<double>
merit_of(const attempt_site& site, const analysis::gate_evidence& evidence) {
  if (site.order.start.champion.value != 0)
    return evidence.difference;
  if (!evidence.challenger_mean)
    return std::nullopt;
  return higher_is_better(site.plan->definition, evidence.metric)
    ? *evidence.challenger_mean
    : -*evidence.challenger_mean;
}

/// Judges each of several challengers; passes if any does.
class field {
public:
  explicit field(const attempt_site& site) : site_(site) {}

  result<void> add(std::uint32_t index, const unit_result& unit) {
    const auto* scores = scores_among(unit.output.artifacts);
    if (scores == nullptr)
      return {};
    const auto evidence = judge(site_, *scores, "/" + unit.item);
    if (!evidence)
      return error{
        evidence.err().code,
        "item \"" + unit.item + "\": " + evidence.err().message};
    auto& output = report_.output;
    const auto named = [index](const char* name) {
      return workflows::challenger_value(index, name);
    };
    record_rule(output, *evidence);
    record_findings(output, *evidence, named);
    output.values[named("item")] = unit.item;
    const auto merit = merit_of(site_, *evidence);
    if (merit)
      output.values[named("merit")] = number(*merit);
    const bool passes = evidence->verdict == analysis::gate_verdict::passed;
    ++judged_;
    passed_ += passes ? 1 : 0;
    account_ += (account_.empty() ? "" : "; ") + ("\"" + unit.item + "\" ") +
      (passes ? "passed: " : "did not pass: ") + evidence->sentence;
    return {};
  }

  attempt_report conclude() {
    report_.output.values["challengers"] = std::to_string(judged_);
    report_.output.values["passed"] = std::to_string(passed_);
    report_.output.sentence = std::to_string(passed_) + " of " +
      std::to_string(judged_) + " challengers passed: " + account_;
    report_.refused = passed_ == 0;
    return std::move(report_);
  }

private:
  const attempt_site& site_;
  attempt_report report_;
  std::uint32_t judged_ = 0;
  std::uint32_t passed_ = 0;
  std::string account_;
};

attempt_report judge_many(const attempt_site& site, const unit_results& all) {
  const auto judged =
    std::count_if(all.units.begin(), all.units.end(), [](const auto& unit) {
      return scores_among(unit.output.artifacts) != nullptr;
    });
  if (judged > workflows::most_challengers)
    return failed(
      {errc::invalid_argument,
       "gate \"" + site.order.stage->name + "\": " + std::to_string(judged) +
         " challengers with scores; at most " +
         std::to_string(workflows::most_challengers) + " can be judged"});
  field challengers{site};
  for (std::uint32_t i = 0; i < all.units.size(); ++i) {
    if (site.canceled->load())
      return failed({errc::canceled, "stopped"});
    if (auto added = challengers.add(i, all.units[i]); !added)
      return failed(added.err());
  }
  return challengers.conclude();
}

} // namespace

attempt_report judge_gate(const attempt_site& site) {
  const auto scores = find_scores(site);
  if (scores.many != nullptr)
    return judge_many(site, *scores.many);
  if (scores.one != nullptr)
    return judge_one(site, *scores.one);
  return failed(
    {errc::invalid_argument,
     "gate \"" + site.order.stage->name +
       "\": no stage before it wrote scores.jsonl to its output directory"});
}

attempt_report choose_version(const attempt_site& site) {
  const auto& choice = site.order.choice;
  if (!choice)
    return failed({errc::invalid_argument, "not a stage that chooses"});
  if (!*choice)
    return failed(choice->err());
  attempt_report report;
  report.output = (*choice)->output;
  report.refused = (*choice)->refused;
  return report;
}

} // namespace ratchet::actors::detail
