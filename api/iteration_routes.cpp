#include "actors/client.hpp"
#include "api/detail/attempt_view.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/loaded_iteration.hpp"
#include "api/views.hpp"
#include "workflows/timeline.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ratchet::api {
namespace {

constexpr std::uint64_t default_items = 20;
constexpr std::uint64_t max_items = 500;
constexpr std::size_t default_log_bytes = 64 * 1024;
constexpr std::size_t max_log_bytes = 1024 * 1024;

} // namespace

response get_iteration(api_context& context, const request& request) {
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto loaded = load_iteration(context, request);
  if (!loaded)
    return error_response(loaded.err());
  const auto& start = loaded->state.start;
  response out;
  json_writer to{out.body};
  write_iteration(
    to, loaded->plan, loaded->state, loaded->rolled_back, loaded->events,
    context.node.progress(loaded->loop, start.number), context.node.slots(),
    base_url(context, request));
  out.body += '\n';
  return out;
}

namespace {

/// Which part of a log is asked for.
struct log_query {
  std::uint32_t attempt = 0; ///< 0: the last one.
  std::uint64_t offset = 0;
  std::size_t limit = default_log_bytes;
};

result<log_query> read_log_query(const request& request) {
  query_reader query{request.query};
  log_query out;
  out.attempt =
    static_cast<std::uint32_t>(query.number("attempt", 0, UINT32_MAX));
  out.offset = query.number("offset", 0, INT64_MAX);
  out.limit = static_cast<std::size_t>(
    query.number("limit", default_log_bytes, max_log_bytes));
  if (auto read = query.finish(); !read)
    return read.err();
  return out;
}

struct log_piece {
  std::string text;
  std::uint64_t next_offset = 0;
  bool at_end = true; ///< Of the file as it was.
};

/// A log that does not exist yet is empty.
result<log_piece>
read_piece(const std::filesystem::path& path, const log_query& query) {
  log_piece out;
  out.next_offset = query.offset;
  const open_file file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) {
    if (errno == ENOENT)
      return out;
    return error{
      errc::io_error,
      std::string{"the log cannot be opened: "} + std::strerror(errno)};
  }
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0)
    return error{errc::io_error, "the log's size cannot be read"};
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (query.offset >= size)
    return out;
  out.text.resize(static_cast<std::size_t>(
    std::min<std::uint64_t>(query.limit, size - query.offset)));
  const auto got = ::pread(
    file.descriptor(), out.text.data(), out.text.size(),
    static_cast<off_t>(query.offset));
  if (got < 0)
    return error{
      errc::io_error,
      std::string{"the log cannot be read: "} + std::strerror(errno)};
  out.text.resize(static_cast<std::size_t>(got));
  out.next_offset += static_cast<std::uint64_t>(got);
  out.at_end = out.next_offset >= size;
  return out;
}

} // namespace

response get_stage_items(api_context& context, const request& request) {
  query_reader query{request.query};
  const auto from = query.number("from", 0, workflows::most_items);
  const auto limit = query.number("limit", default_items, max_items);
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto loaded = load_iteration(context, request);
  if (!loaded)
    return error_response(loaded.err());
  const auto& stage = request.parameters.values[2];
  const auto found = loaded->state.fan_outs.find(stage);
  if (found == loaded->state.fan_outs.end())
    return error_response(error{
      errc::not_found,
      "stage \"" + stage + "\" of this iteration has no items" +
        (loaded->plan.stage(stage) == nullptr ? "; there is no such stage"
                                              : " so far")});
  const auto total = found->second.units.size();
  const auto end = std::min<std::uint64_t>(from + limit, total);
  const auto attempts = workflows::attempts_of(loaded->events);
  response out;
  json_writer to{out.body};
  to.begin_object()
    .field("total", static_cast<std::uint64_t>(total))
    .key("items")
    .begin_array();
  for (auto i = from; i < end; ++i)
    detail::write_unit(
      to, loaded->state, stage, static_cast<std::uint32_t>(i), attempts,
      base_url(context, request));
  to.end_array().key("next");
  if (end < total)
    to.value(end);
  else
    to.null();
  to.end_object();
  out.body += '\n';
  return out;
}

response get_stage_log(api_context& context, const request& request) {
  auto query = read_log_query(request);
  if (!query)
    return error_response(query.err());
  // The state before the bytes: an attempt that had ended when it was looked
  // at writes no more, so what is read then can be final.
  const auto loaded = load_iteration(context, request);
  if (!loaded)
    return error_response(loaded.err());
  const auto& stage = request.parameters.values[2];
  const auto* found = loaded->state.find(stage);
  if (found == nullptr)
    return error_response(
      error{errc::not_found, "this iteration has no stage \"" + stage + "\""});
  const auto& state = *found;
  if (loaded->state.fan_outs.contains(stage))
    return error_response(error{
      errc::invalid_argument,
      "stage \"" + stage +
        "\" runs for each of its items, and each has a log; name one, such "
        "as " +
        workflows::unit_name(stage, 0)});
  const auto attempt = query->attempt == 0 ? state.attempt : query->attempt;
  if (attempt > state.attempt || state.attempt == 0)
    return error_response(error{
      errc::not_found,
      "stage \"" + stage + "\" has had " + std::to_string(state.attempt) +
        " attempts so far"});
  const bool ended = attempt < state.attempt ||
    (state.status != workflows::stage_status::running &&
     state.status != workflows::stage_status::queued &&
     state.status != workflows::stage_status::waiting); // In its middle.
  const auto piece = read_piece(
    context.node.attempt_log(workflows::unit_attempt_id(
      loaded->loop, loaded->state.start.number, stage, attempt)),
    *query);
  if (!piece)
    return error_response(piece.err());
  response out;
  out.content_type = "text/plain; charset=utf-8";
  out.body = piece->text;
  out.headers.emplace_back("X-Content-Type-Options", "nosniff");
  out.headers.emplace_back("Ratchet-Attempt", std::to_string(attempt));
  out.headers.emplace_back(
    "Ratchet-Next-Offset", std::to_string(piece->next_offset));
  out.headers.emplace_back(
    "Ratchet-Final", ended && piece->at_end ? "true" : "false");
  return out;
}

} // namespace ratchet::api
