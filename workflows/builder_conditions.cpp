#include "ratchet/condition.hpp"

namespace ratchet {

namespace {

condition about(workflows::predicate_kind kind, std::string stage) {
  workflows::stage_condition tree;
  tree.kind = kind;
  tree.stage = std::move(stage);
  return condition{std::move(tree)};
}

/// `a && b && c` is one node of three, so that long chains are not deep.
condition
join(workflows::predicate_kind kind, const condition& left, condition right) {
  workflows::stage_condition tree;
  tree.kind = kind;
  if (left.tree().kind == kind)
    tree.children = left.tree().children;
  else
    tree.children.push_back(left.tree());
  tree.children.push_back(right.tree());
  return condition{std::move(tree)};
}

} // namespace

condition succeeded(std::string stage) {
  return about(workflows::predicate_kind::succeeded, std::move(stage));
}

condition skipped(std::string stage) {
  return about(workflows::predicate_kind::skipped, std::move(stage));
}

condition operator&&(condition left, condition right) {
  return join(workflows::predicate_kind::all_of, left, std::move(right));
}

condition operator||(condition left, condition right) {
  return join(workflows::predicate_kind::any_of, left, std::move(right));
}

condition operator!(condition operand) {
  workflows::stage_condition tree;
  tree.kind = workflows::predicate_kind::negation;
  tree.children.push_back(operand.tree());
  return condition{std::move(tree)};
}

output_value output(std::string stage, std::string name) {
  return {std::move(stage), std::move(name)};
}

condition
detail::compare(output_value value, workflows::comparison op, double number) {
  workflows::stage_condition tree;
  tree.kind = workflows::predicate_kind::number;
  tree.stage = std::move(value.stage);
  tree.value = std::move(value.name);
  tree.op = op;
  tree.number = number;
  return condition{std::move(tree)};
}

condition detail::compare(
  output_value value, workflows::comparison op, std::string_view text) {
  workflows::stage_condition tree;
  tree.kind = workflows::predicate_kind::text;
  tree.stage = std::move(value.stage);
  tree.value = std::move(value.name);
  tree.op = op;
  tree.text = text;
  return condition{std::move(tree)};
}

} // namespace ratchet
