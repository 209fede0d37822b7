#include "workflows/labels.hpp"

#include "base/bytes.hpp"
#include "workflows/detail/checking.hpp"
#include "workflows/detail/iteration_commands.hpp"

#include <algorithm>

namespace ratchet::workflows {

namespace {

constexpr std::size_t longest_name = 63;
constexpr std::size_t longest_value = 255;

bool may_stand_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
    (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string check_value(const std::string& name, std::string_view value) {
  if (value.size() > longest_value)
    return "the value of label " + detail::in_quotes(name) + " has " +
      std::to_string(value.size()) + " bytes; " +
      std::to_string(longest_value) + " are allowed";
  if (
    !is_valid_utf8(value) ||
    std::any_of(value.begin(), value.end(), is_control))
    return "the value of label " + detail::in_quotes(name) +
      " is not printable text";
  return {};
}

} // namespace

std::string check_label_name(std::string_view name) {
  if (
    !name.empty() && name.size() <= longest_name &&
    std::all_of(name.begin(), name.end(), may_stand_in_name))
    return {};
  return "a label cannot be called " + detail::in_quotes(name) +
    "; give 1 to 63 letters, digits, '_', '-', '.' or '/'";
}

std::string check_labels(const std::map<std::string, std::string>& labels) {
  if (labels.size() > most_labels)
    return std::to_string(labels.size()) + " labels are too many; " +
      std::to_string(most_labels) + " are allowed";
  for (const auto& [name, value] : labels) {
    if (auto wrong = check_label_name(name); !wrong.empty())
      return wrong;
    if (auto wrong = check_value(name, value); !wrong.empty())
      return wrong;
  }
  return {};
}

result<std::vector<iteration_event>> detail::decide_label(
  const iteration& it, const label_iteration& command, time_point now) {
  auto after = it.labels;
  for (const auto& [name, value] : command.set)
    after[name] = value;
  for (const auto& name : command.removed) {
    if (command.set.contains(name))
      return error{
        errc::invalid_argument,
        "label " + in_quotes(name) + " cannot be set and removed at once"};
    after.erase(name);
  }
  if (auto wrong = check_labels(after); !wrong.empty())
    return error{errc::invalid_argument, std::move(wrong)};
  if (after == it.labels)
    return std::vector<iteration_event>{};
  return std::vector<iteration_event>{iteration_labeled{
    command.set, command.removed, command.who, command.reason, now}};
}

} // namespace ratchet::workflows
