#include "analysis/watermark.hpp"

#include <algorithm>

namespace ratchet::analysis {

bool watermark::observe(const std::string& source, time_point event_time) {
  const auto [latest, is_new] = latest_.try_emplace(source, event_time);
  latest->second = std::max(latest->second, event_time);
  return advance();
}

bool watermark::release(const std::string& source) {
  return latest_.erase(source) > 0 && advance();
}

bool watermark::advance() {
  if (latest_.empty())
    return false;
  const auto slowest = std::min_element(
    latest_.begin(), latest_.end(),
    [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto reached = slowest->second - lateness_;
  if (value_ && reached <= *value_)
    return false;
  value_ = reached;
  return true;
}

} // namespace ratchet::analysis
