#include "workflows/search.hpp"

#include "workflows/event_type.hpp"
#include "workflows/sleep.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ratchet::workflows {

namespace {

constexpr std::array<std::pair<std::string_view, search_state>, 9> states{{
  {"running", search_state::running},
  {"asleep", search_state::asleep},
  {"paused", search_state::paused},
  {"ended", search_state::ended},
  {"promoted", search_state::promoted},
  {"completed", search_state::completed},
  {"rejected", search_state::rejected},
  {"failed", search_state::failed},
  {"canceled", search_state::canceled},
}};

bool has_state(search_state wanted, const iteration_summary& it) {
  const auto outcome = it.outcome;
  switch (wanted) {
  case search_state::any:
    return true;
  case search_state::running:
  case search_state::asleep:
    return outcome == iteration_outcome::running;
  case search_state::paused:
    return it.paused;
  case search_state::ended:
    return outcome != iteration_outcome::running;
  case search_state::promoted:
    return outcome == iteration_outcome::promoted;
  case search_state::completed:
    return outcome == iteration_outcome::completed;
  case search_state::rejected:
    return outcome == iteration_outcome::rejected;
  case search_state::failed:
    return outcome == iteration_outcome::failed;
  case search_state::canceled:
    return outcome == iteration_outcome::canceled;
  }
  return false;
}

using label_map = std::map<std::string, std::string>;

bool has_labels(const label_map& wanted, const label_map& labels) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& each) {
    const auto found = labels.find(each.first);
    return found != labels.end() && found->second == each.second;
  });
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool contains(std::string_view text, std::string_view wanted) {
  return std::search(
           text.begin(), text.end(), wanted.begin(), wanted.end(),
           [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

bool is_at(const iteration_query& query, const iteration& it) {
  const auto* found = it.find(query.stage);
  if (found == nullptr)
    return false;
  const auto status = found->status;
  if (query.status)
    return status == *query.status;
  return status != stage_status::pending && status != stage_status::succeeded &&
    status != stage_status::skipped;
}

bool says(
  const std::string& wanted, const std::vector<iteration_event>& events) {
  return std::any_of(events.begin(), events.end(), [&](const auto& event) {
    const auto texts = texts_of(event);
    return std::any_of(texts.begin(), texts.end(), [&](std::string_view text) {
      return contains(text, wanted);
    });
  });
}

} // namespace

std::optional<search_state> parse_search_state(std::string_view name) {
  for (const auto& [known, state] : states)
    if (known == name)
      return state;
  return std::nullopt;
}

std::optional<stage_status> parse_stage_status(std::string_view name) {
  for (int n = 1; n <= 255; ++n) {
    const auto status = static_cast<stage_status>(n);
    const auto known = to_string(status);
    if (known != "unknown" && known == name)
      return status;
  }
  return std::nullopt;
}

bool needs_journal(const iteration_query& query) {
  return query.state == search_state::asleep || !query.stage.empty() ||
    !query.text.empty();
}

bool matches_summary(
  const iteration_query& query, const iteration_summary& it) {
  const bool ended = it.ended != time_point{};
  return has_state(query.state, it) && has_labels(query.labels, it.labels) &&
    (query.since == time_point{} || !ended || it.ended >= query.since) &&
    (query.until == time_point{} || it.start.at < query.until);
}

bool matches_journal(
  const iteration_query& query, const iteration& it,
  const std::vector<iteration_event>& events) {
  return (query.state != search_state::asleep || asleep_until(it)) &&
    (query.stage.empty() || is_at(query, it)) &&
    (query.text.empty() || says(query.text, events));
}

} // namespace ratchet::workflows
