#include "analysis/detail/decision_fields.hpp"

#include "analysis/detail/text.hpp"

namespace ratchet::analysis::detail {

namespace {

/// Collects fields under a prefix.
class field_list {
public:
  void add(const std::string& name, std::string value) {
    fields.push_back({prefix + name, std::move(value)});
  }
  void add(const std::string& name, double value) {
    add(name, show_exact(value));
  }
  void add(const std::string& name, std::uint64_t value) {
    add(name, std::to_string(value));
  }
  void add(const std::string& name, bool value) {
    add(name, std::string{value ? "true" : "false"});
  }

  std::string prefix;
  std::vector<decision_field> fields;
};

void add_metric(field_list& list, const metric_finding& found) {
  list.add("metric", found.metric);
  list.add("champion_units", found.champion_units);
  list.add("challenger_units", found.challenger_units);
  list.add("effect", found.effect ? show_exact(*found.effect) : "none");
  list.add("low", found.covered.low);
  list.add("high", found.covered.high);
  list.add("above_min_effect", found.above_min_effect);
  list.add("harm", found.harm);
}

void add_challenger(field_list& list, const challenger_finding& found) {
  list.prefix = found.name + ": ";
  list.add("harmful", found.harmful);
  list.add("reason_metric", found.reason_metric);
  list.add("passes", found.passes);
  list.add("answers_low", found.answers.low);
  list.add("answers_high", found.answers.high);
  list.add("answers_differ", found.answers_differ);
  for (const auto& metric : found.metrics) {
    list.prefix = found.name + ", " + metric.metric + ": ";
    add_metric(list, metric);
  }
  list.prefix.clear();
}

} // namespace

std::vector<decision_field> fields_of(const experiment_decision& decision) {
  field_list list;
  list.add("verdict", std::string{to_string(decision.verdict)});
  list.add("winner", decision.winner);
  list.add("units", decision.units);
  list.add("excluded", decision.excluded);
  list.add("taken_back", decision.taken_back);
  list.add("elapsed_ms", std::to_string(decision.elapsed.count()));
  list.add("level", decision.level);
  list.add("promote_bound", decision.promote_bound);
  list.add("guardrail_bound", decision.guardrail_bound);
  list.add("harm_bound", decision.harm_bound);
  list.add("ratio_bound", decision.ratio_bound);
  list.add("assigned_ln_e", decision.assigned_ln_e);
  list.add("matured_ln_e", decision.matured_ln_e);
  list.add("excluded_ln_e", decision.excluded_ln_e);
  list.add("impossible_ratio", decision.impossible_ratio);
  for (const auto& challenger : decision.challengers)
    add_challenger(list, challenger);
  list.add("sentence", decision.sentence);
  list.add("warning", decision.warning);
  return list.fields;
}

} // namespace ratchet::analysis::detail
