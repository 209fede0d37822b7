#include "workflows/admission.hpp"

#include "workflows/iteration.hpp"

#include <algorithm>
#include <string>

namespace ratchet::workflows {

namespace {

/// The ranges in order, each point once.
std::vector<sequence_range> merged(std::vector<sequence_range> ranges) {
  std::sort(
    ranges.begin(), ranges.end(),
    [](const sequence_range& a, const sequence_range& b) {
      return a.from < b.from;
    });
  std::vector<sequence_range> out;
  for (const auto& range : ranges) {
    if (range.to <= range.from)
      continue;
    if (!out.empty() && range.from <= out.back().to)
      out.back().to = std::max(out.back().to, range.to);
    else
      out.push_back(range);
  }
  return out;
}

bool was_closed(const admission_terms& terms, sequence at) {
  const auto behind = std::upper_bound(
    terms.closed.begin(), terms.closed.end(), at,
    [](sequence s, const sequence_range& range) { return s <= range.from; });
  return behind != terms.closed.begin() && std::prev(behind)->contains(at);
}

bool is_fresh(const admission_terms& terms, version_number version) {
  return !terms.versions ||
    std::find(terms.versions->begin(), terms.versions->end(), version) !=
    terms.versions->end();
}

void put_versions(
  std::map<std::string, std::string>& values, const std::string& name,
  const std::map<version_number, std::uint64_t>& by_version) {
  values[name] = std::to_string(total(by_version));
  std::size_t put = 0;
  for (auto at = by_version.rbegin();
       at != by_version.rend() && put < counted_versions; ++at, ++put)
    values[name + "_v" + std::to_string(at->first.value)] =
      std::to_string(at->second);
}

} // namespace

admission_terms terms_of(
  const iteration_started& start, late_policy late,
  std::span<const iteration_started> before) {
  admission_terms terms;
  terms.data_from = start.data_from;
  terms.versions = start.admits.versions;
  terms.late = late;
  auto closed = start.admits.closed;
  terms.used_to.push_back(start.data_from);
  for (const auto& earlier : before) {
    if (earlier.number >= start.number)
      continue;
    closed.insert(
      closed.end(), earlier.admits.closed.begin(), earlier.admits.closed.end());
    terms.used_to.push_back(earlier.data_from);
  }
  terms.closed = merged(std::move(closed));
  std::sort(terms.used_to.begin(), terms.used_to.end());
  return terms;
}

std::string_view to_string(admission verdict) {
  switch (verdict) {
  case admission::admitted:
    return "admitted";
  case admission::window_closed:
    return "window_closed";
  case admission::stale:
    return "stale";
  case admission::late:
    return "late";
  }
  return "unknown";
}

bool is_late(const admission_terms& terms, const feedback_sample& sample) {
  // The last end before the feedback: the interaction lies before it or not.
  const auto behind = std::lower_bound(
    terms.used_to.begin(), terms.used_to.end(), sample.feedback);
  return behind != terms.used_to.begin() &&
    sample.interaction <= *std::prev(behind);
}

admission judge(const admission_terms& terms, const feedback_sample& sample) {
  if (was_closed(terms, sample.place()))
    return admission::window_closed;
  if (!is_fresh(terms, sample.version))
    return admission::stale;
  if (terms.late == late_policy::drop && is_late(terms, sample))
    return admission::late;
  return admission::admitted;
}

std::uint64_t total(const std::map<version_number, std::uint64_t>& by_version) {
  std::uint64_t sum = 0;
  for (const auto& [version, count] : by_version)
    sum += count;
  return sum;
}

void count(
  admission_counts& counts, const admission_terms& terms,
  const feedback_sample& sample, admission verdict) {
  switch (verdict) {
  case admission::admitted:
    ++counts.admitted[sample.version];
    if (sample.place() <= terms.data_from)
      ++counts.repeated;
    else if (is_late(terms, sample))
      ++counts.carried_over;
    return;
  case admission::window_closed:
    ++counts.window_closed;
    return;
  case admission::stale:
    ++counts.stale[sample.version];
    return;
  case admission::late:
    ++counts.late;
    return;
  }
}

std::map<std::string, std::string> values_of(const admission_counts& counts) {
  std::map<std::string, std::string> values{
    {"carried_over", std::to_string(counts.carried_over)},
    {"repeated", std::to_string(counts.repeated)},
    {"dropped_closed", std::to_string(counts.window_closed)},
    {"dropped_late", std::to_string(counts.late)},
    {"dropped_unusable", std::to_string(counts.unusable)},
  };
  put_versions(values, "admitted", counts.admitted);
  put_versions(values, "dropped_stale", counts.stale);
  return values;
}

} // namespace ratchet::workflows
