#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/event_waiters.hpp"
#include "api/handlers.hpp"
#include "api/worker_pool.hpp"
#include "formats/event_json.hpp"
#include "formats/json_writer.hpp"
#include "storage/event_codec.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace ratchet::api {
namespace {

constexpr std::uint64_t default_page = 100;
constexpr std::uint64_t max_page = 10'000;
constexpr std::uint64_t max_wait_seconds = 30;
/// A page ends at this size, whatever its limit is.
constexpr std::size_t page_bytes = std::size_t{4} << 20U;
/// A filter that seldom holds ends its page after this much, and is to be
/// asked again: no request reads a whole history.
constexpr storage::page_limits scanned{200'000, std::size_t{64} << 20U};

struct event_query {
  std::string loop;
  std::optional<event_kind> kind;
  std::string channel;
  std::string interaction_id;
  std::string subject;
  sequence after;
  std::size_t limit = default_page;
  std::chrono::seconds wait{0};
};

struct found_events {
  std::vector<stored_event> events;
  sequence next;
  bool at_end = true;
  std::size_t bytes = 0;
};

result<event_query>
read_query(const std::string& loop, const request& request) {
  query_reader query{request.query};
  event_query out;
  out.loop = loop;
  const auto kind = query.text("kind");
  if (kind == "interaction")
    out.kind = event_kind::interaction;
  else if (kind == "feedback")
    out.kind = event_kind::feedback;
  else if (!kind.empty())
    return error{
      errc::invalid_argument,
      "parameter \"kind\" must be interaction or feedback"};
  out.channel = query.text("channel");
  out.interaction_id = query.text("interaction_id");
  out.subject = query.text("subject");
  const bool both = query.has("after") && query.has("page_token");
  out.after.value = std::max(
    query.number("after", 0, INT64_MAX),
    query.number("page_token", 0, INT64_MAX));
  out.limit =
    static_cast<std::size_t>(query.number("limit", default_page, max_page));
  out.wait = std::chrono::seconds{query.number("wait", 0, max_wait_seconds)};
  if (auto read = query.finish(); !read)
    return read.err();
  if (both)
    return error{
      errc::invalid_argument,
      "\"after\" and \"page_token\" mean the same; give one of them"};
  if (out.limit == 0)
    return error{errc::invalid_argument, "parameter \"limit\" is 0"};
  return out;
}

bool matches(const event_query& query, const storage::event_head& head) {
  if (query.kind && head.kind != *query.kind)
    return false;
  if (!query.channel.empty() && head.channel != query.channel)
    return false;
  if (!query.subject.empty() && head.subject != query.subject)
    return false;
  if (query.interaction_id.empty())
    return true;
  return query.interaction_id ==
    (head.kind == event_kind::interaction ? head.id : head.interaction_id);
}

bool matches(const event_query& query, const event& e) {
  return matches(
    query,
    storage::event_head{e.kind, e.id, e.interaction_id, e.channel, e.subject});
}

/// Walks the history, decoding only what is asked for.
result<found_events> scan(
  const storage::history& history, loop_number loop, const event_query& query) {
  found_events out;
  std::optional<error> failure;
  const auto end = history.scan(
    loop, query.after, scanned, [&](const storage::encoded_event& each) {
      const auto head = storage::decode_event_head(each.bytes);
      if (!head) {
        failure = head.err();
        return false;
      }
      if (!matches(query, *head))
        return true;
      auto decoded = storage::decode_event(each.bytes);
      if (!decoded) {
        failure = decoded.err();
        return false;
      }
      out.events.push_back({each.seq, each.received, std::move(*decoded)});
      out.bytes += each.bytes.size();
      return out.events.size() < query.limit && out.bytes < page_bytes;
    });
  if (failure)
    return *failure;
  if (!end)
    return end.err();
  out.next = end->next;
  out.at_end = end->at_end;
  return out;
}

/// An interaction and what was said about it: few, and found by index.
result<found_events> about_interaction(
  const storage::history& history, loop_number loop, const event_query& query) {
  const auto end = history.end(loop); // Before looking: none is skipped.
  auto all = history.feedback_of(loop, query.interaction_id, max_page);
  if (!all)
    return all.err();
  auto itself =
    history.find(loop, event_kind::interaction, query.interaction_id);
  if (!itself)
    return itself.err();
  if (*itself)
    all->push_back(std::move(**itself));
  std::sort(all->begin(), all->end(), [](const auto& a, const auto& b) {
    return a.seq < b.seq;
  });
  found_events out;
  out.next = std::max(query.after, end);
  for (auto& each : *all) {
    if (each.seq <= query.after || !matches(query, each.content))
      continue;
    if (out.events.size() == query.limit) {
      out.at_end = false;
      out.next = out.events.back().seq;
      break;
    }
    out.events.push_back(std::move(each));
  }
  return out;
}

result<found_events> of_subject(
  const storage::history& history, loop_number loop, const event_query& query) {
  auto page = history.of_subject(
    loop, query.subject, query.after, {query.limit, page_bytes});
  if (!page)
    return page.err();
  std::erase_if(page->events, [&](const stored_event& each) {
    return !matches(query, each.content);
  });
  return found_events{std::move(page->events), page->next, page->at_end, 0};
}

result<found_events>
look(const api_context& context, const event_query& query) {
  const auto& history = context.node.history();
  const auto loop = context.node.journal().find_loop(query.loop);
  if (!loop)
    return loop.err();
  if (!query.interaction_id.empty())
    return about_interaction(history, *loop, query);
  if (!query.subject.empty())
    return of_subject(history, *loop, query);
  return scan(history, *loop, query);
}

response render(const event_query& query, const found_events& found) {
  response out;
  out.body = "{\"events\":[";
  for (const auto& each : found.events) {
    if (out.body.back() != '[')
      out.body += ',';
    formats::append_event_json(each, query.loop, out.body);
  }
  const auto next = std::to_string(found.next.value);
  out.body += "],\"next_page_token\":";
  out.body += found.at_end ? "null" : "\"" + next + "\"";
  out.body += ",\"next_after\":" + next + "}\n";
  return out;
}

/// On the pool. Waits, if there is nothing and waiting was asked for, for the
/// next events; then looks once more, and answers whatever there is.
void serve(api_context& context, const event_query& query, responder respond) {
  const auto seen = context.waiters->generation(query.loop);
  const auto found = look(context, query);
  if (!found) {
    respond(error_response(found.err()));
    return;
  }
  if (!found->events.empty() || !found->at_end || query.wait.count() == 0) {
    respond(render(query, *found));
    return;
  }
  auto again = query;
  again.after = found->next;
  again.wait = std::chrono::seconds{0};
  const bool waits = context.waiters->wait(
    query.loop, seen, event_waiters::clock::now() + query.wait,
    [&context, again, respond] {
      const bool taken = context.pool.try_post(
        [&context, again, respond] { serve(context, again, respond); });
      if (!taken)
        respond(error_response(
          error{errc::unavailable, "too many requests wait; try again"}));
    });
  if (!waits)
    respond(render(query, *found));
}

} // namespace

void get_events(
  api_context& context, const request& request, responder respond) {
  const auto loop = hosted_loop(context, request);
  if (!loop) {
    respond(error_response(loop.err()));
    return;
  }
  const auto query = read_query((*loop)->name, request);
  if (!query) {
    respond(error_response(query.err()));
    return;
  }
  const bool taken = context.pool.try_post(
    [&context, query = *query, respond] { serve(context, query, respond); });
  if (!taken)
    respond(error_response(
      error{errc::unavailable, "too many requests wait; try again"}));
}

} // namespace ratchet::api
