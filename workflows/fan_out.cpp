#include "workflows/fan_out.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>
#include <utility>

namespace ratchet::workflows {

namespace {

bool is_under_way(stage_status status) {
  return status == stage_status::running || status == stage_status::queued ||
    status == stage_status::backing_off || status == stage_status::waiting;
}

std::string check_item(const std::string& item) {
  if (item.empty())
    return "is empty; give each a name";
  if (item.size() > longest_item)
    return "has " + std::to_string(item.size()) + " bytes; use at most " +
      std::to_string(longest_item);
  const bool plain = std::all_of(item.begin(), item.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
  });
  return plain ? std::string{} : "holds a control byte; remove it";
}

} // namespace

std::string unit_name(std::string_view stage, std::uint32_t index) {
  return std::string{stage} + "[" + std::to_string(index) + "]";
}

unit_ref parse_unit(std::string_view name) {
  if (name.empty() || name.back() != ']')
    return {name, {}};
  const auto open = name.rfind('[');
  if (open == std::string_view::npos || open == 0)
    return {name, {}};
  const auto digits = name.substr(open + 1, name.size() - open - 2);
  std::uint32_t index = 0;
  const auto* end = digits.data() + digits.size();
  const auto [rest, failure] = std::from_chars(digits.data(), end, index);
  // One name for one unit: no leading zeros.
  const bool padded = digits.size() > 1 && digits.front() == '0';
  if (digits.empty() || padded || failure != std::errc{} || rest != end)
    return {name, {}};
  return {name.substr(0, open), index};
}

std::string unit_attempt_id(
  const std::string& loop, iteration_number iteration, const std::string& unit,
  std::uint32_t attempt) {
  const auto ref = parse_unit(unit);
  if (!ref.index)
    return make_attempt_id(loop, iteration, unit, attempt);
  return make_attempt_id(
    loop, iteration, std::string{ref.stage} + "@" + std::to_string(*ref.index),
    attempt);
}

std::optional<attempt_name> read_unit_attempt_id(std::string_view id) {
  auto out = read_attempt_id(id);
  const auto at = out ? out->stage.find('@') : std::string::npos;
  if (at == std::string::npos)
    return out;
  std::uint32_t index = 0;
  const auto* end = out->stage.data() + out->stage.size();
  const auto [rest, failure] =
    std::from_chars(out->stage.data() + at + 1, end, index);
  if (failure != std::errc{} || rest != end)
    return std::nullopt;
  out->stage = unit_name(out->stage.substr(0, at), index);
  return out;
}

std::uint32_t* unit_counts::of(stage_status status) {
  switch (status) {
  case stage_status::running:
    return &running;
  case stage_status::queued:
  case stage_status::backing_off:
  case stage_status::waiting:
    return &waiting;
  case stage_status::succeeded:
    return &succeeded;
  case stage_status::failed:
    return &failed;
  case stage_status::skipped:
    return &skipped;
  case stage_status::canceled:
    return &canceled;
  case stage_status::pending:
  case stage_status::refused:
  case stage_status::listing:
  case stage_status::fanned_out:
    break;
  }
  return nullptr;
}

void unit_counts::add(stage_status status) {
  if (auto* count = of(status))
    ++*count;
}

void unit_counts::remove(stage_status status) {
  if (auto* count = of(status))
    --*count;
}

void fan_out::fix(std::vector<std::string> list) {
  reset();
  items = std::move(list);
  stage_state fresh;
  fresh.attempt = attempts_before;
  units.assign(items.size(), fresh);
}

void fan_out::account(std::uint32_t index, stage_status before) {
  const auto now = units[index].status;
  counts.remove(before);
  counts.add(now);
  if (is_under_way(now))
    under_way.insert(index);
  else
    under_way.erase(index);
  if (now == stage_status::pending)
    next = std::min(next, index);
  while (next < units.size() && units[next].status != stage_status::pending)
    ++next;
}

void fan_out::reset() {
  for (const auto& unit : units)
    attempts_before = std::max(attempts_before, unit.attempt);
  items.clear();
  units.clear();
  counts = {};
  under_way.clear();
  next = 0;
}

std::string check_items(const std::vector<std::string>& items) {
  if (items.size() > most_items)
    return std::to_string(items.size()) + " items; at most " +
      std::to_string(most_items) + " can be run in one stage";
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto why = check_item(items[i]);
    if (why.empty() && !seen.insert(items[i]).second)
      why = "is there twice: \"" + items[i] + "\"; name each once";
    if (!why.empty())
      return "item " + std::to_string(i) + " " + why;
  }
  return {};
}

bool is_doomed(
  const fan_out_options& options, std::size_t items,
  const unit_counts& counts) {
  switch (options.policy) {
  case item_policy::fail:
    return counts.failed > 0;
  case item_policy::skip:
    return false;
  case item_policy::threshold:
    break;
  }
  const auto asked = items - counts.skipped;
  const auto possible = asked - counts.failed;
  // An exact share of a few items must not fail by the last bit of a product.
  const auto share =
    std::ceil(options.least_share * static_cast<double>(asked) - 1e-9);
  return possible < options.least_items ||
    static_cast<double>(possible) < share;
}

std::string_view to_string(item_source source) {
  switch (source) {
  case item_source::list:
    return "list";
  case item_source::slices:
    return "slices";
  case item_source::versions:
    return "versions";
  case item_source::output:
    return "output";
  case item_source::file:
    return "file";
  case item_source::units:
    return "units";
  }
  return "unknown";
}

std::string_view to_string(item_policy policy) {
  switch (policy) {
  case item_policy::fail:
    return "fail";
  case item_policy::skip:
    return "skip";
  case item_policy::threshold:
    return "threshold";
  }
  return "unknown";
}

std::string to_text(const fan_out_options& options) {
  switch (options.source) {
  case item_source::list:
    return "each of " + std::to_string(options.items.size()) + " items";
  case item_source::slices:
    return "each value of " + options.name;
  case item_source::versions:
    return "each of the newest " + std::to_string(options.count) + " versions";
  case item_source::output:
    return "each item of " + options.stage + " " + options.name;
  case item_source::file:
    return "each item of " + options.stage + "/" + options.name;
  case item_source::units:
    return "each item of " + options.stage;
  }
  return {};
}

} // namespace ratchet::workflows
