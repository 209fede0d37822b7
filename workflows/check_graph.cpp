#include "workflows/detail/checking.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace ratchet::workflows::detail {

namespace {

/// The stages by index, so that walks do not compare names.
class graph {
public:
  explicit graph(const loop_definition& definition)
      : stages_(definition.stages) {
    for (std::size_t i = 0; i < stages_.size(); ++i)
      index_.emplace(stages_[i].name, i);
  }

  [[nodiscard]] std::string check_edges() const {
    for (const auto& stage : stages_) {
      std::set<std::string_view> seen;
      for (const auto& name : stage.after) {
        if (!index_.contains(name))
          return place(stage) + "after " + in_quotes(name) +
            ", which is no stage; name a declared one";
        if (name == stage.name)
          return place(stage) + "after itself; name another stage";
        if (!seen.insert(name).second)
          return place(stage) + "after " + in_quotes(name) +
            " twice; remove one";
      }
    }
    return {};
  }

  /// Takes away stages whose predecessors are all gone, until none is left.
  /// If some are, following any predecessor among them must run in a circle.
  [[nodiscard]] std::string check_cycles() const {
    std::vector<bool> gone(stages_.size(), false);
    for (bool progress = true; progress;) {
      progress = false;
      for (std::size_t i = 0; i < stages_.size(); ++i)
        if (!gone[i] && waits_for(i, gone) == stages_.size())
          gone[i] = progress = true;
    }
    const auto left = std::find(gone.begin(), gone.end(), false);
    if (left == gone.end())
      return {};
    return name_cycle(static_cast<std::size_t>(left - gone.begin()), gone);
  }

  /// True if any stage before `stage`, directly or not, is of this kind.
  [[nodiscard]] bool
  has_before(const stage_definition& stage, stage_kind kind) const {
    return any_before(
      stage, [kind](const auto& before) { return before.kind == kind; });
  }

  /// True if any stage before `stage`, directly or not, makes something.
  [[nodiscard]] bool has_work_before(const stage_definition& stage) const {
    return any_before(stage, [](const auto& before) {
      return !is_judge(before.kind) && before.kind != stage_kind::promote &&
        before.kind != stage_kind::choose && !is_wait(before.kind);
    });
  }

  [[nodiscard]] static std::string place(const stage_definition& stage) {
    return "stage " + in_quotes(stage.name) + ": ";
  }

private:
  template <class Predicate>
  [[nodiscard]] bool
  any_before(const stage_definition& stage, Predicate holds) const {
    std::vector<bool> seen(stages_.size(), false);
    std::vector<const stage_definition*> open{&stage};
    while (!open.empty()) {
      const auto* at = open.back();
      open.pop_back();
      for (const auto& name : at->after) {
        const auto i = index_.at(name);
        if (seen[i])
          continue;
        seen[i] = true;
        if (holds(stages_[i]))
          return true;
        open.push_back(&stages_[i]);
      }
    }
    return false;
  }

  /// A predecessor of stage `i` that is not gone; the number of stages if
  /// there is none.
  [[nodiscard]] std::size_t
  waits_for(std::size_t i, const std::vector<bool>& gone) const {
    for (const auto& name : stages_[i].after)
      if (const auto before = index_.at(name); !gone[before])
        return before;
    return stages_.size();
  }

  [[nodiscard]] std::string
  name_cycle(std::size_t at, const std::vector<bool>& gone) const {
    std::vector<std::size_t> path;
    auto seen = path.end();
    while ((seen = std::find(path.begin(), path.end(), at)) == path.end()) {
      path.push_back(at);
      at = waits_for(at, gone);
    }
    // The path runs against time, from a stage to what it waits for.
    std::string text = in_quotes(stages_[at].name);
    for (auto step = path.end(); step != seen;)
      text += " -> " + in_quotes(stages_[*--step].name);
    return "stages wait for each other: " + text + "; remove one after(...)";
  }

  const std::vector<stage_definition>& stages_;
  std::map<std::string_view, std::size_t> index_;
};

} // namespace

std::string check_graph(const loop_definition& definition) {
  const graph stages{definition};
  if (auto why = stages.check_edges(); !why.empty())
    return why;
  if (auto why = stages.check_cycles(); !why.empty())
    return why;
  std::size_t promotions = 0;
  std::size_t experiments = 0;
  for (const auto& stage : definition.stages) {
    const bool is_promote = stage.kind == stage_kind::promote;
    promotions += is_promote ? 1 : 0;
    if (promotions > 1)
      return graph::place(stage) + "a second promotion; keep one";
    if ((is_promote || is_judge(stage.kind)) && !stages.has_work_before(stage))
      return graph::place(stage) +
        "no stage comes before it that makes something to " +
        (is_promote ? "promote" : "judge") + "; add one, or use after(...)";
    experiments += stage.kind == stage_kind::experiment ? 1 : 0;
    if (experiments > 1)
      return graph::place(stage) + "a second experiment; keep one";
  }
  for (const auto& stage : definition.stages)
    if (
      experiments > 0 && stage.kind == stage_kind::promote &&
      !stages.has_before(stage, stage_kind::experiment))
      return graph::place(stage) +
        "the experiment does not come before it, so that its verdict would "
        "be too late; promote after the experiment";
  return {};
}

} // namespace ratchet::workflows::detail
