#include "workflows/choose.hpp"

#include "workflows/detail/checking.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace ratchet::workflows {

namespace {

/// What one gate recorded, by item.
struct judgment {
  std::string gate;
  std::string metric;
  struct row {
    std::uint32_t index = 0;
    bool passed = false;
    std::string merit; ///< As recorded.
  };
  std::map<std::string, row> rows;
};

double number_of(const std::string& text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string value_of(const stage_result& output, const std::string& name) {
  const auto found = output.values.find(name);
  return found == output.values.end() ? std::string{} : found->second;
}

/// Nothing if the gate judged no challengers.
std::optional<judgment>
judgment_of(const stage_definition& gate, const stage_state& state) {
  const auto count = value_of(state.output, "challengers");
  if (state.status != stage_status::succeeded || count.empty())
    return std::nullopt;
  judgment out{gate.name, gate.gate.metric, {}};
  // A unit that did not succeed was not judged, and leaves a gap.
  for (std::uint32_t i = 0, left = static_cast<std::uint32_t>(number_of(count));
       left > 0 && i < most_items; ++i) {
    const auto item = value_of(state.output, challenger_value(i, "item"));
    if (item.empty())
      continue;
    --left;
    out.rows[item] = {
      i, value_of(state.output, challenger_value(i, "verdict")) == "passed",
      value_of(state.output, challenger_value(i, "merit"))};
  }
  return out;
}

/// Of the last stage before it that registered one for the item.
version_number version_of(
  const iteration& it, const std::vector<const stage_definition*>& before,
  const std::string& item) {
  for (auto stage = before.rbegin(); stage != before.rend(); ++stage) {
    const auto found = it.fan_outs.find((*stage)->name);
    if (found == it.fan_outs.end())
      continue;
    const auto& units = found->second;
    for (std::size_t i = 0; i < units.items.size(); ++i)
      if (units.items[i] == item && units.units[i].output.version.value != 0)
        return units.units[i].output.version;
  }
  return {};
}

/// For people: four digits, with its sign.
std::string with_sign(const std::string& merit) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%+.4g", number_of(merit));
  return text.data();
}

/// One way through all challengers.
class chooser {
public:
  chooser(
    const loop_definition& plan, const iteration& it,
    const stage_definition& stage)
      : it_(it), stage_(stage) {
    const auto names = detail::stages_before(plan, stage.name);
    for (const auto& each : plan.stages)
      if (names.contains(each.name))
        before_.push_back(&each);
    for (const auto* each : before_)
      if (each->kind == stage_kind::gate)
        if (auto judged = judgment_of(*each, it.stages.at(each->name)))
          judgments_.push_back(std::move(*judged));
  }

  result<choice> choose() {
    const auto* by = ranking();
    if (by == nullptr)
      return error{
        errc::invalid_argument,
        "stage \"" + stage_.name + "\": " +
          (stage_.choose_by.empty() ? "no gate before it"
                                    : "gate \"" + stage_.choose_by + "\"") +
          " judged challengers; let its scores come from a stage that runs for "
          "each item"};
    consider_all(*by);
    return conclude(*by);
  }

  std::vector<version_number> passed() {
    std::vector<version_number> out;
    const auto* by = ranking();
    if (by == nullptr)
      return out;
    consider_all(*by);
    std::stable_sort(
      candidates_.begin(), candidates_.end(), [](const auto& a, const auto& b) {
        return number_of(a.merit) > number_of(b.merit);
      });
    for (const auto& each : candidates_)
      out.push_back(each.version);
    return out;
  }

private:
  void consider_all(const judgment& by) {
    std::map<std::uint32_t, std::string> in_order;
    for (const auto& [item, row] : by.rows)
      in_order.emplace(row.index, item);
    for (const auto& [index, item] : in_order)
      consider(by, item);
  }

  [[nodiscard]] const judgment* ranking() const {
    for (auto at = judgments_.rbegin(); at != judgments_.rend(); ++at)
      if (stage_.choose_by.empty() || at->gate == stage_.choose_by)
        return &*at;
    return nullptr;
  }

  /// The first gate that did not pass it; null: all did.
  [[nodiscard]] const judgment* stopped_by(const std::string& item) const {
    for (const auto& each : judgments_) {
      const auto row = each.rows.find(item);
      if (row == each.rows.end() || !row->second.passed)
        return &each;
    }
    return nullptr;
  }

  void consider(const judgment& by, const std::string& item) {
    const auto& row = by.rows.at(item);
    const auto version = version_of(it_, before_, item);
    auto said = "\"" + item + "\"";
    if (version.value != 0)
      said += " (version " + std::to_string(version.value) + ")";
    if (!row.merit.empty())
      said += " " + with_sign(row.merit);
    const auto* stopped = stopped_by(item);
    if (stopped != nullptr)
      said += ", stopped by gate \"" + stopped->gate + "\"";
    else if (version.value == 0)
      said += ", registered no model";
    else
      candidates_.push_back({item, row.index, row.merit, version});
    account_ += (account_.empty() ? "" : "; ") + said;
  }

  [[nodiscard]] choice conclude(const judgment& by) const {
    choice out;
    out.output.values = {{"challengers", std::to_string(by.rows.size())}};
    // The first of the largest.
    const auto best = std::max_element(
      candidates_.begin(), candidates_.end(), [](const auto& a, const auto& b) {
        return number_of(a.merit) < number_of(b.merit);
      });
    if (best == candidates_.end()) {
      out.refused = true;
      out.output.sentence = "no challenger can be chosen: " + account_;
      return out;
    }
    out.output.version = best->version;
    out.output.values["item"] = best->item;
    out.output.values["index"] = std::to_string(best->index);
    out.output.values["merit"] = best->merit;
    out.output.sentence = "chose \"" + best->item + "\" by " + by.metric +
      " out of " + std::to_string(by.rows.size()) + ": " + account_;
    return out;
  }

  struct candidate {
    std::string item;
    std::uint32_t index = 0;
    std::string merit;
    version_number version;
  };

  const iteration& it_;
  const stage_definition& stage_;
  std::vector<const stage_definition*> before_;
  std::vector<judgment> judgments_;
  std::vector<candidate> candidates_;
  std::string account_;
};

} // namespace

std::string challenger_value(std::uint32_t index, const std::string& name) {
  return std::to_string(index) + "." + name;
}

result<choice> choose_challenger(
  const loop_definition& plan, const iteration& it,
  const stage_definition& stage) {
  return chooser{plan, it, stage}.choose();
}

std::vector<version_number> passed_challengers(
  const loop_definition& plan, const iteration& it,
  const stage_definition& stage) {
  return chooser{plan, it, stage}.passed();
}

} // namespace ratchet::workflows
