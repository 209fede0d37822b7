#pragma once

#include "workflows/definition.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Conditions of stages, as a loop's author writes them:
///
///   .stage("publish", command("./publish.sh"))
///   .when(output("evaluate", "accuracy") >= 0.9 && !skipped("tune"))
///
/// They are data, kept with the definition and asked by the engine when the
/// stages before are done. workflows/condition.hpp says what a value that was
/// not recorded means.

namespace ratchet {

class condition {
public:
  explicit condition(workflows::stage_condition tree)
      : tree_(std::move(tree)) {}

  [[nodiscard]] const workflows::stage_condition& tree() const { return tree_; }

private:
  workflows::stage_condition tree_;
};

/// The stage succeeded (it was not skipped).
[[nodiscard]] condition succeeded(std::string stage);
/// The stage was skipped, by its condition or by an operator.
[[nodiscard]] condition skipped(std::string stage);

/// Both are asked always: conditions are built here, not answered.
[[nodiscard]] condition operator&&(condition left, condition right);
[[nodiscard]] condition operator||(condition left, condition right);
[[nodiscard]] condition operator!(condition operand);

/// A named result of an earlier stage: of `stage_output::values`, or what a
/// gate or an export records. Comparing it makes a condition.
struct output_value {
  std::string stage;
  std::string name;
};
[[nodiscard]] output_value output(std::string stage, std::string name);

namespace detail {
[[nodiscard]] condition
compare(output_value value, workflows::comparison op, double number);
[[nodiscard]] condition
compare(output_value value, workflows::comparison op, std::string_view text);

/// A number or a text. Not a bool: what stages record is neither, so "true"
/// must be written as the text it is.
template <class T>
concept comparable = (std::is_arithmetic_v<T> && !std::same_as<T, bool>) ||
  std::convertible_to<const T&, std::string_view>;

template <comparable T>
condition
compare_any(output_value value, workflows::comparison op, const T& with) {
  if constexpr (std::is_arithmetic_v<T>)
    return compare(std::move(value), op, static_cast<double>(with));
  else
    return compare(std::move(value), op, std::string_view{with});
}
} // namespace detail

template <detail::comparable T>
[[nodiscard]] condition operator<(output_value value, const T& with) {
  return detail::compare_any(
    std::move(value), workflows::comparison::less, with);
}
template <detail::comparable T>
[[nodiscard]] condition operator<=(output_value value, const T& with) {
  return detail::compare_any(
    std::move(value), workflows::comparison::at_most, with);
}
template <detail::comparable T>
[[nodiscard]] condition operator>(output_value value, const T& with) {
  return detail::compare_any(
    std::move(value), workflows::comparison::more, with);
}
template <detail::comparable T>
[[nodiscard]] condition operator>=(output_value value, const T& with) {
  return detail::compare_any(
    std::move(value), workflows::comparison::at_least, with);
}
template <detail::comparable T>
[[nodiscard]] condition operator==(output_value value, const T& with) {
  return detail::compare_any(
    std::move(value), workflows::comparison::equal, with);
}
template <detail::comparable T>
[[nodiscard]] condition operator!=(output_value value, const T& with) {
  return detail::compare_any(
    std::move(value), workflows::comparison::unequal, with);
}

} // namespace ratchet
