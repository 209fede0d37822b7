#include "cli/iteration_table.hpp"

#include "cli/loop_screen.hpp"
#include "cli/text.hpp"

namespace ratchet::cli {

namespace {

const std::string& sentence_of(const iteration_view& it) {
  return it.verdict.empty() ? it.reason : it.verdict;
}

cell outcome_of(const iteration_view& it) {
  if (it.paused)
    return {"paused", style::yellow};
  return {std::string{workflows::to_string(it.outcome)}, style_of(it.outcome)};
}

} // namespace

std::string version_name(std::uint64_t version) {
  return version == 0 ? "-" : "v" + std::to_string(version);
}

std::string took(const iteration_view& it, time_point now) {
  if (it.started == time_point{})
    return "-";
  return short_duration(
    (it.ended == time_point{} ? now : it.ended) - it.started);
}

table iteration_table(const std::vector<iteration_view>& all, time_point now) {
  table t{
    {{"N", align::right},
     {"OUTCOME"},
     {"VERSION"},
     {"STARTED"},
     {"TOOK", align::right},
     {"VERDICT", align::left, true}}};
  for (const auto& it : all)
    t.add(
      {std::to_string(it.number), outcome_of(it), version_name(it.version),
       relative_time(it.started, now), took(it, now), sentence_of(it)});
  return t;
}

} // namespace ratchet::cli
