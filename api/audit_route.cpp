#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/views.hpp"
#include "formats/iso_time.hpp"
#include "storage/audit_log.hpp"
#include "storage/loop_journal.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace ratchet::api {
namespace {

using workflows::audit_entry;
using workflows::audit_stamp;

constexpr std::size_t default_page = 50;
constexpr std::size_t max_page = 500;
/// Entries of one loop that one request looks at, at most.
constexpr std::size_t most_looked_at = 10'000;

/// Where an entry is among those of all loops: by time, then by loop.
struct place {
  time_point at;
  loop_number loop;
  std::uint64_t index = 0;

  friend auto operator<=>(const place&, const place&) = default;
};

std::string token_of(const place& at) {
  return std::to_string(to_ms(at.at)) + "-" + std::to_string(at.loop.value) +
    "-" + std::to_string(at.index);
}

/// Takes the digits up to '-' or the end.
template <class Number>
bool take_number(std::string_view& text, Number& out) {
  const auto* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, out);
  if (failure != std::errc{})
    return false;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  if (text.empty())
    return true;
  const bool separated = text.front() == '-';
  text.remove_prefix(1);
  return separated && !text.empty();
}

std::optional<place> place_of(std::string_view token) {
  std::uint64_t ms = 0;
  place out;
  if (
    !take_number(token, ms) || !take_number(token, out.loop.value) ||
    !take_number(token, out.index) || !token.empty() || ms > INT64_MAX)
    return std::nullopt;
  out.at = from_ms(static_cast<std::int64_t>(ms));
  return out;
}

struct audit_query {
  std::string loop;
  std::string who;
  std::string verb;
  std::string outcome;
  std::uint64_t iteration = 0;
  time_point since;
  std::optional<place> before;
  std::size_t limit = default_page;

  [[nodiscard]] bool matches(const audit_entry& entry) const {
    return (who.empty() || entry.who == who) &&
      (verb.empty() || entry.verb == verb) &&
      (outcome.empty() || workflows::to_string(entry.outcome) == outcome) &&
      (iteration == 0 || entry.iteration.value == iteration);
  }
};

error no_time(std::string_view name) {
  return {
    errc::invalid_argument,
    "\"" + std::string{name} +
      "\" is no time; give one such as 2026-08-22T10:15:30Z"};
}

/// The page ends before both the token and `until`.
result<std::optional<place>>
first_place(const std::string& token, const std::string& until) {
  std::optional<place> out;
  if (!token.empty()) {
    out = place_of(token);
    if (!out)
      return error{
        errc::invalid_argument,
        "\"before\" is not what an earlier page gave as next_before"};
  }
  if (until.empty())
    return out;
  const auto time = formats::parse_iso8601(until);
  if (!time)
    return no_time("until");
  const place end{*time, {}, 0};
  return std::optional<place>{out ? std::min(*out, end) : end};
}

result<audit_query> read_query(const request& request) {
  query_reader query{request.query};
  audit_query out;
  out.loop = query.text("loop");
  out.who = query.text("who");
  out.verb = query.text("verb");
  out.outcome = query.text("outcome");
  out.iteration = query.number("iteration", 0, UINT64_MAX);
  out.limit = std::max<std::size_t>(
    1, static_cast<std::size_t>(query.number("limit", default_page, max_page)));
  const auto since = query.text("since");
  const auto before = first_place(query.text("before"), query.text("until"));
  if (auto read = query.finish(); !read)
    return read.err();
  if (!before)
    return before.err();
  out.before = *before;
  if (since.empty())
    return out;
  const auto time = formats::parse_iso8601(since);
  if (!time)
    return no_time("since");
  out.since = *time;
  return out;
}

struct found_entry {
  place at;
  std::string loop;
  audit_entry entry;
};

/// Entries of all loops asked for, and how far each was looked through.
struct audit_page {
  std::vector<found_entry> found;
  /// Nothing is known of what is older than this.
  std::optional<place> floor;
};

/// From where on to read in one loop's log.
audit_stamp start_in(loop_number loop, const std::optional<place>& before) {
  if (!before)
    return {};
  if (loop == before->loop)
    return {before->at, before->index};
  if (loop < before->loop)
    return {before->at + duration{1}, 0};
  return {before->at, 0};
}

result<void> look_through(
  const api_context& context, const audit_query& query, const std::string& name,
  loop_number loop, audit_page& page) {
  std::size_t looked_at = 0;
  std::size_t taken = 0;
  const auto start = start_in(loop, query.before);
  // All of it is newer than the first place.
  if (query.before && start.at == time_point{})
    return {};
  return storage::scan_audit(
    context.node.store(), loop, start, [&](audit_entry entry) {
      if (entry.stamp.at < query.since)
        return false;
      const place at{entry.stamp.at, loop, entry.stamp.index};
      if (query.matches(entry)) {
        page.found.push_back({at, name, std::move(entry)});
        ++taken;
      }
      if (++looked_at < most_looked_at && taken <= query.limit)
        return true;
      page.floor = page.floor ? std::max(*page.floor, at) : at;
      return false;
    });
}

/// The newest first, as many as were asked for; the token of the next page.
std::optional<std::string> finish(audit_page& page, std::size_t limit) {
  auto& found = page.found;
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.at > b.at;
  });
  auto next = page.floor;
  if (next)
    std::erase_if(found, [&next](const auto& each) { return each.at < *next; });
  if (found.size() > limit) {
    found.resize(limit);
    next = found.back().at;
  }
  if (!next)
    return std::nullopt;
  return token_of(*next);
}

} // namespace

void write_audit_entry(
  json_writer& to, const std::string& loop,
  const workflows::audit_entry& entry) {
  to.begin_object();
  time_field(to, "at", entry.stamp.at);
  to.field("loop", loop).field("verb", entry.verb);
  number_field(to, "iteration", entry.iteration.value);
  to.field_unless_empty("stage", entry.stage);
  number_field(to, "version", entry.version.value);
  to.field("who", entry.who)
    .field("reason", entry.reason)
    .field("outcome", workflows::to_string(entry.outcome))
    .field_unless_empty("detail", entry.detail)
    .end_object();
}

response get_audit(api_context& context, const request& request) {
  const auto query = read_query(request);
  if (!query)
    return error_response(query.err());
  const auto loops = context.node.journal().loops();
  if (!loops)
    return error_response(loops.err());
  if (!query->loop.empty() && !loops->contains(query->loop))
    return error_response(
      error{errc::not_found, "there is no loop \"" + query->loop + "\" here"});
  audit_page page;
  for (const auto& [name, number] : *loops) {
    if (!query->loop.empty() && query->loop != name)
      continue;
    if (auto read = look_through(context, *query, name, number, page); !read)
      return error_response(read.err());
  }
  const auto next = finish(page, query->limit);
  response out;
  json_writer to{out.body};
  to.begin_object().key("entries").begin_array();
  for (const auto& each : page.found)
    write_audit_entry(to, each.loop, each.entry);
  to.end_array().field("next_before", next).end_object();
  out.body += '\n';
  return out;
}

} // namespace ratchet::api
