#include "workflows/condition.hpp"

#include "workflows/detail/number_text.hpp"

#include <charconv>
#include <cmath>
#include <optional>

namespace ratchet::workflows {

namespace {

std::string in_quotes(const std::string& text) {
  return "\"" + text + "\"";
}

/// What the value is compared with.
std::string operand(const stage_condition& condition) {
  return condition.kind == predicate_kind::number
    ? detail::number_text(condition.number)
    : in_quotes(condition.text);
}

std::optional<double> to_number(const std::string& text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || rest != end || !std::isfinite(value))
    return std::nullopt;
  return value;
}

template <class T>
bool compare(comparison op, const T& value, const T& with) {
  switch (op) {
  case comparison::less:
    return value < with;
  case comparison::at_most:
    return value <= with;
  case comparison::more:
    return value > with;
  case comparison::at_least:
    return value >= with;
  case comparison::equal:
    return value == with;
  case comparison::unequal:
    return value != with;
  }
  return false;
}

condition_verdict
ask_value(const stage_condition& asked, const stage_facts& facts) {
  const auto is = std::string{to_string(asked.op)} + " " + operand(asked);
  const auto* recorded = [&]() -> const std::string* {
    if (facts.output == nullptr)
      return nullptr;
    const auto found = facts.output->values.find(asked.value);
    return found == facts.output->values.end() ? nullptr : &found->second;
  }();
  if (recorded == nullptr)
    return {
      false,
      asked.stage +
        (facts.status == stage_status::skipped ? " was skipped and" : "") +
        " recorded no " + asked.value + ", so it is not " + is};
  const auto name = asked.stage + " " + asked.value + " ";
  if (asked.kind == predicate_kind::text) {
    const bool holds = compare(asked.op, *recorded, asked.text);
    return {
      holds, name + in_quotes(*recorded) + (holds ? " is " : " is not ") + is};
  }
  const auto number = to_number(*recorded);
  if (!number)
    return {
      false, name + in_quotes(*recorded) + " is no number, so it is not " + is};
  const bool holds = compare(asked.op, *number, asked.number);
  return {holds, name + *recorded + (holds ? " is " : " is not ") + is};
}

condition_verdict
ask_status(const stage_condition& asked, const stage_facts& facts) {
  const bool skips = asked.kind == predicate_kind::skipped;
  const bool holds =
    facts.status == (skips ? stage_status::skipped : stage_status::succeeded);
  return {
    holds,
    asked.stage +
      (skips ? (holds ? " was skipped" : " was not skipped")
             : (holds ? " succeeded" : " did not succeed"))};
}

/// Those children decide that say what the whole does: the false ones of an
/// "and" that fails, all of one that holds, and the other way round.
condition_verdict
ask_children(const stage_condition& asked, const stage_facts_of& facts) {
  const bool needs_all = asked.kind == predicate_kind::all_of;
  condition_verdict out{needs_all, {}};
  std::vector<condition_verdict> verdicts;
  for (const auto& child : asked.children) {
    verdicts.push_back(evaluate(child, facts));
    if (verdicts.back().holds != needs_all)
      out.holds = !needs_all;
  }
  for (const auto& verdict : verdicts)
    if (verdict.holds == out.holds)
      out.sentence += (out.sentence.empty() ? "" : " and ") + verdict.sentence;
  return out;
}

/// In parentheses where the tree is not what the operators' ranks say.
std::string child_text(const stage_condition& child, predicate_kind parent) {
  const bool joins = child.kind == predicate_kind::all_of ||
    child.kind == predicate_kind::any_of;
  if (!joins || child.kind == parent)
    return to_text(child);
  return "(" + to_text(child) + ")";
}

} // namespace

condition_verdict
evaluate(const stage_condition& condition, const stage_facts_of& facts) {
  switch (condition.kind) {
  case predicate_kind::number:
  case predicate_kind::text:
    return ask_value(condition, facts(condition.stage));
  case predicate_kind::succeeded:
  case predicate_kind::skipped:
    return ask_status(condition, facts(condition.stage));
  case predicate_kind::all_of:
  case predicate_kind::any_of:
    return ask_children(condition, facts);
  case predicate_kind::negation: {
    auto verdict = evaluate(condition.children.front(), facts);
    verdict.holds = !verdict.holds;
    return verdict;
  }
  }
  return {};
}

std::string to_text(const stage_condition& condition) {
  switch (condition.kind) {
  case predicate_kind::number:
  case predicate_kind::text:
    return condition.stage + " " + condition.value + " " +
      std::string{to_string(condition.op)} + " " + operand(condition);
  case predicate_kind::succeeded:
    return condition.stage + " succeeded";
  case predicate_kind::skipped:
    return condition.stage + " skipped";
  case predicate_kind::all_of:
  case predicate_kind::any_of: {
    const auto* joint =
      condition.kind == predicate_kind::all_of ? " && " : " || ";
    std::string out;
    for (const auto& child : condition.children)
      out += (out.empty() ? "" : joint) + child_text(child, condition.kind);
    return out;
  }
  case predicate_kind::negation:
    return "!(" + to_text(condition.children.front()) + ")";
  }
  return {};
}

std::string_view to_string(comparison op) {
  switch (op) {
  case comparison::less:
    return "<";
  case comparison::at_most:
    return "<=";
  case comparison::more:
    return ">";
  case comparison::at_least:
    return ">=";
  case comparison::equal:
    return "==";
  case comparison::unequal:
    return "!=";
  }
  return "?";
}

} // namespace ratchet::workflows
