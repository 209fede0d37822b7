#include "cli/engine.hpp"

#include "api/http_client.hpp"
#include "api/router.hpp"
#include "cli/read_views.hpp"

#include <array>
#include <charconv>

namespace ratchet::cli {

namespace {

constexpr std::array all_codes{
  errc::not_found,      errc::already_exists, errc::invalid_argument,
  errc::conflict,       errc::not_leader,     errc::timed_out,
  errc::corruption,     errc::io_error,       errc::unavailable,
  errc::resource_limit, errc::canceled,       errc::failed_condition,
  errc::unauthorized};

/// For codes of the transport, which are no errc.
errc code_of_status(unsigned status) {
  switch (status) {
  case 401:
  case 403:
    return errc::unauthorized;
  case 404:
    return errc::not_found;
  case 408:
  case 504:
    return errc::timed_out;
  case 409:
    return errc::conflict;
  case 413:
  case 429:
    return errc::resource_limit;
  case 503:
    return errc::unavailable;
  default:
    return status < 500 ? errc::invalid_argument : errc::io_error;
  }
}

error error_of(const api::http_response& answer, const std::string& url) {
  const auto body = parse_json(answer.body, "answer");
  const auto& said = body ? member_of(*body, "error") : json{};
  const auto name = text_of(said, "code");
  auto message = text_of(said, "message");
  if (message.empty())
    message = url + " answered with HTTP status " +
      std::to_string(answer.status) + "; is that a Ratchet engine?";
  for (const auto code : all_codes)
    if (to_string(code) == name)
      return {code, message};
  return {code_of_status(answer.status), message};
}

std::uint64_t number_in(std::string_view text) {
  std::uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

} // namespace

struct engine::connection {
  std::string url;
  api::http_client client;

  /// The answer if it is one of success.
  [[nodiscard]] result<api::http_response>
  check(result<api::http_response> answer) const {
    if (!answer) {
      auto failure = answer.err();
      if (failure.code == errc::unavailable)
        failure.message = "no engine answers at " + url +
          "; start one (serve, dev), or say where it is with --url or "
          "RATCHET_URL";
      return failure;
    }
    if (answer->status < 200 || answer->status > 299)
      return error_of(*answer, url);
    return answer;
  }

  [[nodiscard]] result<json> parse(result<api::http_response> answer) const {
    auto good = check(std::move(answer));
    if (!good)
      return good.err();
    auto body = parse_json(good->body, "answer");
    if (!body)
      return error{
        errc::io_error,
        url + " did not answer with JSON; is that a Ratchet engine?"};
    return body;
  }
};

engine::engine(std::unique_ptr<connection> to) : connection_(std::move(to)) {}
engine::engine(engine&&) noexcept = default;
engine& engine::operator=(engine&&) noexcept = default;
engine::~engine() = default;

result<engine> engine::at(const std::string& url, const std::string& token) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme) || url.size() == scheme.size())
    return error{
      errc::invalid_argument,
      "\"" + url +
        "\" is no address of an engine; give one such as "
        "http://127.0.0.1:4600"};
  auto trimmed = url;
  while (trimmed.back() == '/')
    trimmed.pop_back();
  auto made = std::make_unique<connection>(
    connection{trimmed, api::http_client{trimmed}});
  if (!token.empty())
    made->client.use_token(token);
  return engine{std::move(made)};
}

const std::string& engine::url() const {
  return connection_->url;
}

result<json> engine::get(const std::string& path) {
  return connection_->parse(connection_->client.get(path));
}

result<std::string> engine::get_text(const std::string& path) {
  auto answer = connection_->check(connection_->client.get(path));
  if (!answer)
    return answer.err();
  return std::move(answer->body);
}

result<engine::file_block> engine::get_block(const std::string& path) {
  auto answer = connection_->check(connection_->client.get(path));
  if (!answer)
    return answer.err();
  file_block out;
  out.next = answer->header("Ratchet-Next");
  out.text = std::move(answer->body);
  return out;
}

result<json> engine::post(const std::string& path, const json& body) {
  return connection_->parse(connection_->client.post(
    path, to_text(body), {{"Content-Type", "application/json"}}));
}

result<json>
engine::post_events(const std::string& loop, std::string_view lines) {
  return connection_->parse(connection_->client.post(
    "/v1/events?loop=" + segment(loop), lines,
    {{"Content-Type", "application/x-ndjson"}}));
}

result<log_piece> engine::stage_log(
  const std::string& loop, std::uint64_t iteration, const std::string& stage,
  std::uint64_t attempt, std::uint64_t offset) {
  auto path = loop_path(
    loop,
    "/iterations/" + std::to_string(iteration) + "/stages/" + segment(stage) +
      "/log?offset=" + std::to_string(offset));
  if (attempt > 0)
    path += "&attempt=" + std::to_string(attempt);
  auto answer = connection_->check(connection_->client.get(path));
  if (!answer)
    return answer.err();
  log_piece out;
  out.next_offset = number_in(answer->header("Ratchet-Next-Offset"));
  out.attempt = number_in(answer->header("Ratchet-Attempt"));
  out.final = answer->header("Ratchet-Final") == "true";
  out.text = std::move(answer->body);
  return out;
}

result<json> engine::put_artifact(
  const std::filesystem::path& file, const std::string& name) {
  return connection_->parse(
    connection_->client.put_file("/v1/artifacts?name=" + segment(name), file));
}

result<loop_view> engine::loop(const std::string& name) {
  const auto answer = get(loop_path(name));
  if (!answer)
    return answer.err();
  auto view = read_loop(*answer);
  if (
    view.iterations.empty() ||
    view.iterations.front().outcome == workflows::iteration_outcome::running)
    return view;
  const auto newest = get(loop_path(
    name, "/iterations/" + std::to_string(view.iterations.front().number)));
  if (!newest)
    return newest.err();
  view.stages = read_iteration(*newest).stages;
  return view;
}

std::string segment(std::string_view text) {
  return api::percent_encode(text);
}

std::string loop_path(const std::string& loop, std::string_view rest) {
  return "/v1/loops/" + segment(loop) + std::string{rest};
}

} // namespace ratchet::cli
