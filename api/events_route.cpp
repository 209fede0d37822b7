#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/event_waiters.hpp"
#include "api/handlers.hpp"
#include "api/worker_pool.hpp"
#include "formats/event_parser.hpp"
#include "formats/gzip.hpp"
#include "formats/json_writer.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>

namespace ratchet::api {
namespace {

/// Longer bodies are parsed on the pool: a millisecond or more on an io
/// thread would hold up all of its connections.
constexpr std::size_t parse_at_once = 512 * 1024;
constexpr std::size_t unpack_at_once = 32 * 1024;
/// Memory a thread keeps for its next body.
constexpr std::size_t kept_scratch = 1024 * 1024;
constexpr std::size_t padding = 64;

enum class coding { plain, gzip, unknown };

coding content_coding(const request& request) {
  const auto name = request.header("content-encoding");
  if (name.empty() || equal_ignoring_case(name, "identity"))
    return coding::plain;
  if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip"))
    return coding::gzip;
  return coding::unknown;
}

/// One body on its way: its events may go to several loops, whose answers
/// come on any thread and in any order. The last one answers the request.
class ingest {
public:
  ingest(
    api_context& context, responder respond,
    std::vector<formats::rejected_event> rejected, std::size_t batches)
      : stats_(context.stats), waiters_(context.waiters),
        respond_(std::move(respond)), rejected_(std::move(rejected)),
        left_(batches) {}

  /// True for the last one.
  [[nodiscard]] bool
  arrived(const std::string& loop, result<storage::append_outcome> outcome) {
    if (outcome && outcome->accepted > 0)
      waiters_->wake(loop);
    const std::lock_guard lock(mutex_);
    if (outcome) {
      total_.accepted += outcome->accepted;
      total_.duplicates += outcome->duplicates;
      std::move(
        outcome->conflicts.begin(), outcome->conflicts.end(),
        std::back_inserter(total_.conflicts));
    } else if (failure_.ok()) {
      failure_ = outcome.err();
    }
    return --left_ == 0;
  }

  /// After the last arrival, once.
  [[nodiscard]] response answer() {
    // What was stored of other loops is found again as duplicates when the
    // client sends the body once more, so nothing is lost or doubled.
    if (!failure_.ok())
      return error_response(failure_.err());
    response out;
    write(out.body);
    return out;
  }

  static void finish(const std::shared_ptr<ingest>& self) {
    self->respond_.later([self] { return self->answer(); });
  }

private:
  void write(std::string& out) {
    formats::json_writer writer{out};
    writer.begin_object()
      .field("accepted", total_.accepted)
      .field("duplicates", total_.duplicates)
      .key("rejected")
      .begin_array();
    // Both lists are merged in the order of the body.
    auto& conflicts = total_.conflicts;
    std::sort(conflicts.begin(), conflicts.end(), [](auto& a, auto& b) {
      return a.body_index < b.body_index;
    });
    auto conflict = conflicts.begin();
    for (const auto& each : rejected_) {
      for (; conflict != conflicts.end() && conflict->body_index < each.index;
           ++conflict)
        write_conflict(writer, *conflict);
      stats_.rejected[static_cast<std::size_t>(each.code)]++;
      writer.begin_object()
        .field("index", each.index)
        .field("id", each.id)
        .field("code", formats::to_string(each.code))
        .field("message", each.message)
        .end_object();
    }
    for (; conflict != conflicts.end(); ++conflict)
      write_conflict(writer, *conflict);
    writer.end_array().end_object();
    out += '\n';
  }

  void write_conflict(
    formats::json_writer& writer, const storage::id_conflict& conflict) {
    ++stats_.conflicts;
    writer.begin_object()
      .field("index", conflict.body_index)
      .field("id", conflict.id)
      .field("code", "conflict")
      .field(
        "message",
        "an event with this id and other content is stored already; "
        "give each event an id of its own")
      .end_object();
  }

  api_stats& stats_; ///< For `answer` only, which needs the API alive.
  std::shared_ptr<event_waiters> waiters_;
  responder respond_;
  std::mutex mutex_;
  std::vector<formats::rejected_event> rejected_;
  storage::append_outcome total_;
  result<void> failure_;
  std::size_t left_;
};

/// Parses `text` and hands its events over, one call per loop.
void take_events(
  api_context& context, std::string& text, std::string_view default_loop,
  const responder& respond) {
  thread_local formats::event_parser parser;
  auto parsed =
    parser.parse(text, context.node.loops(), default_loop, context.clock.now());
  if (!parsed) {
    respond(error_response(parsed.err()));
    return;
  }
  auto waiting = std::make_shared<ingest>(
    context, respond, std::move(parsed->rejected), parsed->batches.size());
  if (parsed->batches.empty()) {
    ingest::finish(waiting);
    return;
  }
  for (auto& batch : parsed->batches) {
    auto loop = batch.loop;
    context.node.append(
      std::move(batch),
      [waiting,
       loop = std::move(loop)](result<storage::append_outcome> outcome) {
        if (waiting->arrived(loop, std::move(outcome)))
          ingest::finish(waiting);
      });
  }
}

void take_body(
  api_context& context, const request& request, std::string_view default_loop,
  bool packed, const responder& respond) {
  if (packed) {
    auto text = formats::gunzip(request.body, context.max_events_body);
    if (!text)
      respond(error_response(text.err()));
    else
      take_events(context, *text, default_loop, respond);
    return;
  }
  // The parser wants a buffer it may write to.
  thread_local std::string scratch;
  scratch.reserve(request.body.size() + padding);
  scratch.assign(request.body);
  take_events(context, scratch, default_loop, respond);
  if (scratch.capacity() > kept_scratch)
    std::string{}.swap(scratch);
}

} // namespace

void post_events(
  api_context& context, const request& request, responder respond) {
  std::string default_loop;
  if (!request.query.empty()) {
    query_reader query{request.query};
    default_loop = query.text("loop");
    if (auto read = query.finish(); !read) {
      respond(error_response(read.err()));
      return;
    }
  }
  const auto coded = content_coding(request);
  if (coded == coding::unknown) {
    respond(
      error_response(415, "the only Content-Encoding understood is gzip"));
    return;
  }
  context.stats.ingest_bytes.fetch_add(
    request.body.size(), std::memory_order_relaxed);
  const bool packed = coded == coding::gzip;
  if (request.body.size() <= (packed ? unpack_at_once : parse_at_once)) {
    take_body(context, request, default_loop, packed, respond);
    return;
  }
  const bool taken =
    context.pool.try_post([&context, &request, default_loop, packed, respond] {
      take_body(context, request, default_loop, packed, respond);
    });
  if (!taken)
    respond(error_response(error{
      errc::unavailable, "more bodies wait to be read than may; try again"}));
}

} // namespace ratchet::api
