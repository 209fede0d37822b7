#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/known_loop.hpp"
#include "api/views.hpp"
#include "formats/journal_export.hpp"
#include "storage/audit_log.hpp"
#include "storage/loop_journal.hpp"
#include "storage/registry.hpp"

#include <charconv>
#include <optional>
#include <utility>

/// Everything that is known of a loop, as a file that comes in blocks: each
/// answer is the next block, and says where the one behind it begins.

namespace ratchet::api {
namespace {

/// An answer ends with the line that passes this.
constexpr std::size_t enough_bytes = std::size_t{1} << 20U;
constexpr std::size_t chunk = 256;

enum class part : std::uint8_t {
  iterations = 0, ///< By number, with the definitions before the first.
  decisions = 1,  ///< The loop's journal, by index.
  versions = 2,   ///< The newest first.
  audit = 3,      ///< The newest first.
  end = 4,
};

/// Where an export goes on.
struct export_place {
  std::uint64_t block = 0;
  part in = part::iterations;
  std::uint64_t next = 1;  ///< Of what the part counts; 0: from its start.
  std::uint64_t at_ms = 0; ///< audit: the time.

  [[nodiscard]] std::string token() const {
    return std::to_string(block) + "-" +
      std::to_string(static_cast<unsigned>(in)) + "-" + std::to_string(next) +
      "-" + std::to_string(at_ms);
  }
};

std::optional<export_place> place_of(std::string_view token) {
  std::uint64_t numbers[4] = {};
  for (auto& number : numbers) {
    const auto* end = token.data() + token.size();
    const auto [rest, failure] = std::from_chars(token.data(), end, number);
    if (failure != std::errc{})
      return std::nullopt;
    token.remove_prefix(static_cast<std::size_t>(rest - token.data()));
    if (&number != &numbers[3]) {
      if (token.empty() || token.front() != '-')
        return std::nullopt;
      token.remove_prefix(1);
    }
  }
  if (
    !token.empty() || numbers[1] >= static_cast<unsigned>(part::end) ||
    numbers[3] > INT64_MAX)
    return std::nullopt;
  return export_place{
    numbers[0], static_cast<part>(numbers[1]), numbers[2], numbers[3]};
}

/// One answer while it is being made.
class loop_exporter {
public:
  loop_exporter(
    const api_context& context, const known_loop& loop, export_place place,
    std::string base)
      : context_(context), loop_(loop), place_(place), base_(std::move(base)),
        block_(place.block) {}

  result<response> run() {
    if (place_.block == 0)
      if (auto written = head(); !written)
        return written.err();
    while (place_.in != part::end && !is_full())
      if (auto written = some(); !written)
        return written.err();
    const bool last = place_.in == part::end;
    response out;
    out.content_type = "application/x-ndjson";
    out.body = std::move(block_).close(last);
    ++place_.block;
    if (!last)
      out.headers.emplace_back("Ratchet-Next", place_.token());
    return out;
  }

private:
  [[nodiscard]] bool is_full() const { return block_.bytes() >= enough_bytes; }

  void go_to(part next) {
    place_.in = next;
    place_.next = 0;
    place_.at_ms = 0;
  }

  result<void> head() {
    block_.head("loop", loop_.name);
    const auto all = context_.node.journal().definitions(loop_.number);
    if (!all)
      return all.err();
    for (const auto& each : *all) {
      std::string view;
      json_writer to{view};
      write_definition(to, each.definition);
      block_.definition(each.fingerprint, each.definition, view);
    }
    return {};
  }

  result<void> some() {
    switch (place_.in) {
    case part::iterations:
      return iterations();
    case part::decisions:
      return decisions();
    case part::versions:
      return versions();
    case part::audit:
      return audit();
    case part::end:
      break;
    }
    return {};
  }

  /// Each whole, so that a block holds no half of one.
  result<void> iterations() {
    const auto& journal = context_.node.journal();
    const auto state = journal.load_state(loop_.number);
    if (!state)
      return state.err();
    for (; place_.next <= state->last_iteration.value; ++place_.next) {
      if (is_full())
        return {};
      const iteration_number number{place_.next};
      const auto events = journal.iteration_events(loop_.number, number);
      if (!events)
        return events.err();
      const auto& start =
        std::get<workflows::iteration_started>(events->front());
      block_.iteration(number, start.fingerprint);
      std::uint64_t index = 0;
      for (const auto& event : *events) {
        std::string view;
        json_writer to{view};
        write_event(to, index++, event);
        block_.event(event, view);
      }
    }
    go_to(part::decisions);
    return {};
  }

  result<void> decisions() {
    const auto events =
      context_.node.journal().loop_events(loop_.number, place_.next, chunk);
    if (!events)
      return events.err();
    for (const auto& event : *events) {
      std::string view;
      json_writer to{view};
      write_event(to, place_.next++, event);
      block_.other("decision", view);
    }
    if (events->size() < chunk)
      go_to(part::versions);
    return {};
  }

  result<void> versions() {
    const auto state = context_.node.journal().load_state(loop_.number);
    if (!state)
      return state.err();
    const auto found = context_.node.registry().versions(
      loop_.number, version_number{place_.next}, chunk);
    if (!found)
      return found.err();
    for (const auto& version : *found) {
      const auto rolled_back =
        context_.node.registry().rollback_of(loop_.number, version.number);
      if (!rolled_back)
        return rolled_back.err();
      std::string view;
      json_writer to{view};
      write_version(to, version, state->champion, *rolled_back, base_);
      block_.other("version", view);
      place_.next = version.number.value;
    }
    if (found->size() < chunk)
      go_to(part::audit);
    return {};
  }

  result<void> audit() {
    std::size_t taken = 0;
    const workflows::audit_stamp before{
      from_ms(static_cast<std::int64_t>(place_.at_ms)), place_.next};
    auto read = storage::scan_audit(
      context_.node.store(), loop_.number, before,
      [&](const workflows::audit_entry& entry) {
        std::string view;
        json_writer to{view};
        write_audit_entry(to, loop_.name, entry);
        block_.other("audit", view);
        place_.at_ms = static_cast<std::uint64_t>(to_ms(entry.stamp.at));
        place_.next = entry.stamp.index;
        return ++taken < chunk;
      });
    if (!read)
      return read;
    if (taken < chunk)
      place_.in = part::end;
    return {};
  }

  const api_context& context_;
  const known_loop& loop_;
  export_place place_;
  std::string base_;
  formats::export_block block_;
};

} // namespace

response get_loop_export(api_context& context, const request& request) {
  query_reader query{request.query};
  const auto token = query.text("after");
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto place =
    token.empty() ? std::optional{export_place{}} : place_of(token);
  if (!place)
    return error_response(error{
      errc::invalid_argument,
      "\"after\" is not what an earlier answer gave as Ratchet-Next"});
  const auto loop = known_loop_of(context, request);
  if (!loop)
    return error_response(loop.err());
  auto made =
    loop_exporter{context, *loop, *place, base_url(context, request)}.run();
  return made ? std::move(*made) : error_response(made.err());
}

} // namespace ratchet::api
