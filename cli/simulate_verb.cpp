#include "actors/experiment_settings.hpp"
#include "analysis/multiplicity.hpp"
#include "analysis/simulate.hpp"
#include "cli/invocation.hpp"
#include "cli/read_views.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"
#include "ratchet/loop.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>
#include <utility>

namespace ratchet::cli {

namespace {

using analysis::experiment_verdict;
using analysis::simulated_truth;

error invalid(const std::string& what) {
  return {errc::invalid_argument, "simulate: " + what};
}

constexpr std::array verdicts{
  experiment_verdict::promote, experiment_verdict::keep_champion,
  experiment_verdict::rolled_back, experiment_verdict::invalid};

/// How challengers differ from the champion. Where several run, the first one
/// is special and the others are equal to the champion.
struct truth_kind {
  const char* name;
  void (*shape)(simulated_truth&, const simulation_flags&);
};

const std::array truth_kinds{
  truth_kind{"no-effect", [](simulated_truth&, const simulation_flags&) {}},
  truth_kind{
    "gain",
    [](simulated_truth& t, const simulation_flags& f) {
      t.arms[1].rates[0] += f.effect;
    }},
  truth_kind{
    "harm",
    [](simulated_truth& t, const simulation_flags& f) {
      for (std::size_t k = 1; k < t.arms.size(); ++k)
        t.arms[k].rates[0] -= f.harm;
    }},
  truth_kind{
    "wave", [](simulated_truth& t, const simulation_flags&) { t.wave = 0.1; }},
  truth_kind{
    "drift",
    [](simulated_truth& t, const simulation_flags&) {
      t.drift_per_day = -0.01;
    }},
  truth_kind{
    "slow-feedback",
    [](simulated_truth& t, const simulation_flags&) {
      t.arms[1].feedback_delay *= 5;
    }},
  truth_kind{
    "fewer-answers",
    [](simulated_truth& t, const simulation_flags&) {
      t.arms[1].answers = 0.8;
    }},
  truth_kind{
    "lost-units",
    [](simulated_truth& t, const simulation_flags&) {
      t.arms[1].arrives = 0.9;
    }},
};

std::string known_truths() {
  std::string names;
  for (const auto& kind : truth_kinds)
    names += (names.empty() ? "" : ", ") + std::string{kind.name};
  return names;
}

simulated_truth truth_of(
  const truth_kind& kind, const simulation_flags& flags, duration delay) {
  simulated_truth truth;
  truth.name = kind.name;
  truth.arms.resize(1 + flags.challengers);
  for (auto& arm : truth.arms) {
    arm.rates = {flags.rate};
    arm.feedback_delay = delay;
  }
  kind.shape(truth, flags);
  return truth;
}

result<duration> duration_of(const std::string& text) {
  if (const auto time = parse_duration(text))
    return *time;
  return invalid("\"" + text + "\" is no duration; write 30m, 4h or 28d");
}

result<std::vector<simulated_truth>> truths_of(const simulation_flags& flags) {
  const auto delay = duration_of(flags.feedback_delay);
  if (!delay)
    return delay.err();
  std::vector<simulated_truth> list;
  if (flags.truths.empty())
    for (const auto& kind : truth_kinds)
      list.push_back(truth_of(kind, flags, *delay));
  for (const auto& name : flags.truths) {
    const auto kind = std::find_if(
      truth_kinds.begin(), truth_kinds.end(),
      [&](const truth_kind& k) { return k.name == name; });
    if (kind == truth_kinds.end())
      return invalid(
        "there is no truth \"" + name + "\"; there are " + known_truths());
    list.push_back(truth_of(*kind, flags, *delay));
  }
  return list;
}

/// "0.05 1h, 0.25 4h, 0.5": shares of the traffic, and how long each lasts.
result<std::vector<analysis::ramp_step>> ramp_of(const std::string& text) {
  std::vector<analysis::ramp_step> ramp;
  std::istringstream steps{text};
  for (std::string step; std::getline(steps, step, ',');) {
    std::istringstream words{step};
    analysis::ramp_step made;
    std::string lasts;
    if (!(words >> made.traffic))
      return invalid(
        "\"" + step +
        "\" is no step of a ramp; write a share and, but for the "
        "last, how long it lasts: 0.05 1h, 0.5");
    if (words >> lasts) {
      const auto time = duration_of(lasts);
      if (!time)
        return time.err();
      made.lasts = *time;
    }
    ramp.push_back(made);
  }
  return ramp;
}

const std::map<std::string, analysis::allocation_method> methods{
  {"equal", analysis::allocation_method::equal},
  {"thompson", analysis::allocation_method::thompson},
  {"top-two", analysis::allocation_method::top_two},
  {"track-and-stop", analysis::allocation_method::track_and_stop},
};

/// Of the experiment that a loop of the program declares.
result<analysis::simulation_plan>
declared_plan(const simulation_flags& flags, const std::vector<loop>& loops) {
  const auto& name = flags.loop;
  std::string known;
  for (const auto& each : loops) {
    const auto& definition = each.definition();
    known += (known.empty() ? "" : ", ") + definition.name;
    if (definition.name != name)
      continue;
    for (const auto& stage : definition.stages)
      if (stage.experiment) {
        analysis::simulation_plan plan;
        plan.settings =
          actors::experiment_settings_of(*stage.experiment, flags.challengers);
        plan.maturity.horizon =
          actors::experiment_horizon(definition, *stage.experiment);
        return plan;
      }
    return invalid(
      "loop \"" + name +
      "\" declares no experiment; add one with "
      ".experiment({...}), or give its settings as flags");
  }
  return invalid(
    "this program declares no loop \"" + name + "\"; " +
    (known.empty() ? "call simulate on the program that does"
                   : "it declares " + known));
}

result<analysis::simulation_plan> given_plan(const simulation_flags& flags) {
  const auto ramp = ramp_of(flags.traffic);
  if (!ramp)
    return ramp.err();
  const auto method = methods.find(flags.allocation);
  if (method == methods.end())
    return invalid(
      "there is no allocation \"" + flags.allocation +
      "\"; there are equal, thompson, top-two, track-and-stop");
  const auto max_time = duration_of(flags.max_time);
  const auto horizon = duration_of(flags.horizon);
  if (!max_time || !horizon)
    return max_time ? horizon.err() : max_time.err();
  analysis::simulation_plan plan;
  auto& rule = plan.settings.rule;
  rule.primary.name = "the metric";
  rule.primary.min_effect = flags.min_effect;
  rule.alpha = flags.alpha;
  rule.min_units = flags.min_units;
  rule.max_units = flags.max_units;
  rule.max_duration = *max_time;
  plan.settings.harm_margins = {flags.harm_margin};
  plan.settings.ramp = *ramp;
  plan.settings.allocation.method = method->second;
  plan.maturity.horizon = *horizon;
  return plan;
}

result<analysis::simulation_plan>
plan_of(const simulation_flags& flags, const std::vector<loop>& loops) {
  auto plan =
    flags.loop.empty() ? given_plan(flags) : declared_plan(flags, loops);
  if (!plan)
    return plan.err();
  plan->units_per_day = flags.units_per_day;
  plan->runs = flags.runs;
  plan->seed = flags.seed;
  return plan;
}

json interval_json(std::uint64_t count, std::uint64_t runs) {
  const auto covered = analysis::share_interval(count, runs);
  return {covered.low, covered.high};
}

std::uint64_t ms_of(duration d) {
  return static_cast<std::uint64_t>(d.count());
}

json report_json(
  const simulated_truth& truth, const analysis::simulation_report& report) {
  json made{
    {"truth", truth.name},
    {"runs", report.runs},
    {"simulated_ms", ms_of(report.simulated)},
    {"promoted_wrongly", report.promoted_wrongly},
    {"promoted_wrongly_interval",
     interval_json(report.promoted_wrongly, report.runs)},
  };
  auto& list = made["verdicts"];
  for (const auto verdict : verdicts) {
    const auto& one = report.of(verdict);
    list[std::string{to_string(verdict)}] = {
      {"runs", one.runs},
      {"interval", interval_json(one.runs, report.runs)},
      {"median_units", one.median_units},
      {"p90_units", one.slow_units},
      {"median_ms", ms_of(one.median_time)}};
  }
  return made;
}

/// A share as a number of percent: "94", "3.1", "0.25".
std::string percent(double share) {
  std::array<char, 32> text{};
  std::snprintf(
    text.data(), text.size(), share >= 0.1 ? "%.3g" : "%.2g", 100 * share);
  return text.data();
}

/// "94 % (90-97)".
std::string share_text(const json& of, std::uint64_t runs) {
  const auto count = number_of(of, "runs");
  if (count == 0)
    return "-";
  const auto& covered = member_of(of, "interval");
  return percent(static_cast<double>(count) / static_cast<double>(runs)) +
    " % (" + percent(covered[0].get<double>()) + "-" +
    percent(covered[1].get<double>()) + ")";
}

table report_table(const json& reports) {
  table t{
    {{"TRUTH"},
     {"PROMOTE", align::right},
     {"KEEP CHAMPION", align::right},
     {"ROLLED BACK", align::right},
     {"INVALID", align::right},
     {"UNITS", align::right},
     {"TIME", align::right}}};
  for (const auto& report : reports) {
    const auto runs = number_of(report, "runs");
    std::vector<cell> row{text_of(report, "truth")};
    json often;
    for (const auto verdict : verdicts) {
      const auto& one =
        report.at("verdicts").at(std::string{to_string(verdict)});
      row.emplace_back(share_text(one, runs));
      if (often.is_null() || number_of(one, "runs") > number_of(often, "runs"))
        often = one;
    }
    row.emplace_back(with_commas(number_of(often, "median_units")));
    row.emplace_back(format_duration(
      duration{static_cast<std::int64_t>(number_of(often, "median_ms"))}));
    t.add(std::move(row));
  }
  return t;
}

/// What was promised and what came of it.
std::string promise_text(const json& reports, double alpha, duration took) {
  std::uint64_t wrong = 0;
  std::uint64_t runs = 0;
  std::uint64_t simulated = 0;
  for (const auto& report : reports) {
    simulated += number_of(report, "simulated_ms");
    if (text_of(report, "truth") == "gain")
      continue;
    wrong += number_of(report, "promoted_wrongly");
    runs += number_of(report, "runs");
  }
  const auto days = simulated / ms_of(std::chrono::hours{24});
  auto text = with_commas(days) + " days in " + format_duration(took) + ".";
  if (runs == 0)
    return text;
  std::array<char, 160> said{};
  std::snprintf(
    said.data(), said.size(),
    " Without a gain, %llu of %llu runs promoted; the promise is at most %.3g "
    "%% for the first experiment of a series.",
    static_cast<unsigned long long>(wrong),
    static_cast<unsigned long long>(runs),
    100 * analysis::e_lond_level(alpha, 1, 0));
  return text + said.data();
}

} // namespace

result<void> simulate(
  verb_context& c, const simulation_flags& flags,
  const std::vector<loop>& loops) {
  const auto plan = plan_of(flags, loops);
  if (!plan)
    return plan.err();
  const auto truths = truths_of(flags);
  if (!truths)
    return truths.err();
  const auto began = c.clock.now();
  auto reports = json::array();
  for (const auto& truth : *truths) {
    c.remark("simulating " + truth.name);
    const auto report = analysis::simulate(*plan, truth);
    if (!report)
      return error{
        report.err().code, "truth " + truth.name + ": " + report.err().message};
    reports.push_back(report_json(truth, *report));
  }
  const auto took = c.clock.now() - began;
  auto shown = c.show_list(
    reports, [](const json& report) { return text_of(report, "truth"); },
    [&] { return report_table(reports); }, "");
  if (shown)
    c.remark(promise_text(reports, plan->settings.rule.alpha, took));
  return shown;
}

} // namespace ratchet::cli
