#include "workflows/detail/checking.hpp"

#include <algorithm>
#include <map>

namespace ratchet::workflows::detail {

namespace {

/// Loops by name, and the loops whose iterations they run.
class loop_graph {
public:
  explicit loop_graph(const std::vector<const loop_definition*>& loops) {
    for (const auto* loop : loops)
      loops_.emplace(loop->name, loop);
  }

  [[nodiscard]] bool contains(const std::string& loop) const {
    return loops_.contains(loop);
  }

  /// The way from `loop` back to itself, if there is one: "a" -> "b" -> "a".
  [[nodiscard]] std::string cycle_of(const std::string& loop) const {
    std::vector<std::string> path{loop};
    std::set<std::string> seen;
    return leads_back(path, seen) ? text_of(path) : std::string{};
  }

private:
  bool leads_back(
    std::vector<std::string>& path, std::set<std::string>& seen) const {
    const auto at = loops_.find(path.back());
    if (at == loops_.end())
      return false;
    for (const auto& stage : at->second->stages) {
      const auto& next = stage.nested.loop;
      if (stage.kind != stage_kind::run_loop)
        continue;
      path.push_back(next);
      if (next == path.front())
        return true;
      if (seen.insert(next).second && leads_back(path, seen))
        return true;
      path.pop_back();
    }
    return false;
  }

  static std::string text_of(const std::vector<std::string>& path) {
    std::string out;
    for (const auto& loop : path)
      out += (out.empty() ? "" : " -> ") + in_quotes(loop);
    return out;
  }

  std::map<std::string, const loop_definition*> loops_;
};

} // namespace

std::string check_nested(
  const loop_definition& definition,
  const std::vector<const loop_definition*>& all) {
  const loop_graph loops{all};
  for (const auto& stage : definition.stages) {
    if (stage.kind != stage_kind::run_loop)
      continue;
    const auto place = "stage " + in_quotes(stage.name) + ": ";
    if (!loops.contains(stage.nested.loop))
      return place + "it runs loop " + in_quotes(stage.nested.loop) +
        ", which this program does not host; add it to the loops";
    if (const auto cycle = loops.cycle_of(definition.name); !cycle.empty())
      return place + "loops run each other: " + cycle +
        "; none would ever end, so remove one run_loop(...)";
  }
  return {};
}

} // namespace ratchet::workflows::detail
