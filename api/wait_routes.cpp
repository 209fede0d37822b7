#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/views.hpp"
#include "storage/loop_journal.hpp"
#include "workflows/wait_list.hpp"

#include <charconv>
#include <map>
#include <optional>
#include <utility>

/// What loops wait for.

namespace ratchet::api {
namespace {

constexpr std::size_t default_page = 100;
constexpr std::size_t max_page = 1000;
/// Iterations that one request reads at most, whatever they wait for: about
/// 20 ms of work. A page may so be shorter than asked for, even empty, and
/// still have a next.
constexpr std::size_t most_read = 500;

/// Where a page begins: behind this iteration.
struct wait_cursor {
  std::string loop;
  iteration_number after;
};

std::string to_text(const wait_cursor& cursor) {
  return cursor.loop + ":" + std::to_string(cursor.after.value);
}

result<wait_cursor> read_cursor(const std::string& text) {
  const auto colon = text.find(':');
  wait_cursor out{text.substr(0, colon), {}};
  const auto* end = text.data() + text.size();
  if (colon != std::string::npos) {
    const auto [rest, failure] =
      std::from_chars(text.data() + colon + 1, end, out.after.value);
    if (failure == std::errc{} && rest == end)
      return out;
  }
  return error{
    errc::invalid_argument,
    "cursor \"" + text + "\" is none; give the \"next_cursor\" of a page"};
}

/// The running iterations of one loop, read one after the other.
class wait_reader {
public:
  wait_reader(const storage::loop_journal& journal, const std::string& loop)
      : journal_(journal), name_(loop) {}

  /// Those after `after`, as they are now.
  result<std::vector<iteration_number>> running(iteration_number after) {
    const auto loop = journal_.find_loop(name_);
    if (!loop)
      return loop.err();
    number_ = *loop;
    const auto state = journal_.load_state(number_);
    if (!state)
      return state.err();
    return std::vector<iteration_number>(
      state->running.upper_bound(after), state->running.end());
  }

  result<std::vector<workflows::wait_info>> waits(iteration_number number) {
    const auto events = journal_.iteration_events(number_, number);
    if (!events)
      return events.err();
    const auto* start =
      std::get_if<workflows::iteration_started>(&events->front());
    const auto plan =
      plan_of(start == nullptr ? std::string{} : start->fingerprint);
    if (!plan)
      return plan.err();
    workflows::iteration it;
    for (const auto& event : *events)
      workflows::apply(**plan, it, event);
    return workflows::waits_of(**plan, it);
  }

private:
  /// Most iterations of a loop share theirs.
  result<const workflows::loop_definition*>
  plan_of(const std::string& fingerprint) {
    const auto known = plans_.find(fingerprint);
    if (known != plans_.end())
      return &known->second;
    auto plan = journal_.load_definition(number_, fingerprint);
    if (!plan)
      return plan.err();
    return &plans_.emplace(fingerprint, std::move(*plan)).first->second;
  }

  const storage::loop_journal& journal_;
  const std::string& name_;
  loop_number number_;
  std::map<std::string, workflows::loop_definition> plans_;
};

void write_wait(
  json_writer& to, const std::string& loop, iteration_number iteration,
  const workflows::wait_info& wait) {
  to.begin_object()
    .field("loop", loop)
    .field("iteration", iteration.value)
    .field("stage", wait.stage)
    .field("kind", workflows::to_string(wait.kind));
  number_field(to, "attempt", wait.attempt);
  to.field_unless_empty("signal", wait.signal)
    .field_unless_empty("runs", wait.runs);
  time_field(to, "since", wait.since);
  time_field(to, "until", wait.until);
  to.field_unless_empty("then", wait.then)
    .field_unless_empty("detail", wait.detail)
    .end_object();
}

/// A page while it is filled.
struct wait_page {
  json_writer& to;
  std::size_t limit = default_page;
  std::size_t listed = 0;
  std::size_t read = 0;

  [[nodiscard]] bool is_full() const {
    return listed >= limit || read >= most_read;
  }
};

/// Lists what `loop` waits for, from behind `after` on. Where the page is full,
/// the answer is where the next one begins.
result<std::optional<wait_cursor>> list_waits(
  const storage::loop_journal& journal, const std::string& loop,
  iteration_number after, wait_page& page) {
  wait_reader reader{journal, loop};
  const auto numbers = reader.running(after);
  if (!numbers)
    return numbers.err();
  for (const auto number : *numbers) {
    if (page.is_full())
      return std::optional{wait_cursor{loop, after}};
    const auto waits = reader.waits(number);
    if (!waits)
      return waits.err();
    ++page.read;
    for (const auto& wait : *waits)
      write_wait(page.to, loop, number, wait);
    page.listed += waits->size();
    after = number;
  }
  return std::optional<wait_cursor>{};
}

struct waits_query {
  std::string loop; ///< Empty: all.
  wait_cursor from;
  std::size_t limit = default_page;
};

result<waits_query>
read_waits_query(const api_context& context, const request& request) {
  query_reader query{request.query};
  waits_query out;
  out.loop = query.text("loop");
  const auto cursor = query.text("cursor");
  out.limit =
    static_cast<std::size_t>(query.number("limit", default_page, max_page));
  if (auto read = query.finish(); !read)
    return read.err();
  if (!out.loop.empty() && !context.node.loops().contains(out.loop))
    return error{errc::not_found, "there is no loop \"" + out.loop + "\" here"};
  if (out.limit == 0)
    return error{errc::invalid_argument, "\"limit\" is 0; give at least 1"};
  if (cursor.empty())
    return out;
  auto from = read_cursor(cursor);
  if (!from)
    return from.err();
  out.from = std::move(*from);
  return out;
}

} // namespace

response get_waits(api_context& context, const request& request) {
  const auto asked = read_waits_query(context, request);
  if (!asked)
    return error_response(asked.err());
  response out;
  json_writer to{out.body};
  to.begin_object().key("waits").begin_array();
  wait_page page{to, asked->limit};
  std::optional<wait_cursor> next;
  for (const auto& [name, definition] : context.node.loops()) {
    if (
      (!asked->loop.empty() && name != asked->loop) || name < asked->from.loop)
      continue;
    const auto after =
      name == asked->from.loop ? asked->from.after : iteration_number{};
    auto rest = list_waits(context.node.journal(), name, after, page);
    if (!rest)
      return error_response(rest.err());
    if ((next = std::move(*rest)))
      break;
  }
  to.end_array().key("next_cursor");
  next ? to.value(to_text(*next)) : to.null();
  to.end_object();
  out.body += '\n';
  return out;
}

} // namespace ratchet::api
