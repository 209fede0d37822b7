#include "api/detail/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <limits>
#include <optional>

namespace ratchet::api::detail {

namespace http = boost::beast::http;

namespace {

std::string_view std_view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

bool has_control_character(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      return true;
  }
  return false;
}

class beast_parser final : public http::basic_parser<true> {
public:
  // Facts of the header, for the checks of request_parser::header.
  std::string_view text;
  request* out = nullptr;
  std::size_t max_fields = 0;
  bool too_many_fields = false;
  bool folded = false;
  int hosts = 0;
  int transfer_encodings = 0;
  bool plain_chunked = false;
  bool has_length = false;
  bool expects_continue = false;
  bool unknown_expectation = false;
  int version_number = 11;
  std::string_view target;

  buffer* body = nullptr;

private:
  void on_request_impl(
    http::verb verb, boost::beast::string_view name,
    boost::beast::string_view path, int version,
    boost::beast::error_code& ec) override {
    switch (verb) {
    case http::verb::get:
      out->method = http_method::get;
      break;
    case http::verb::head:
      out->method = http_method::head;
      break;
    case http::verb::post:
      out->method = http_method::post;
      break;
    case http::verb::put:
      out->method = http_method::put;
      break;
    default:
      out->method = http_method::other;
    }
    out->method_name = std_view(name);
    target = std_view(path);
    version_number = version;
    ec = {};
  }

  void on_field_impl(
    http::field field, boost::beast::string_view name,
    boost::beast::string_view value, boost::beast::error_code& ec) override {
    ec = {};
    if (out == nullptr)
      return; // A trailer of a chunked body: checked by the parser, not kept.
    if (out->headers.size() == max_fields) {
      too_many_fields = true;
      ec = http::error::header_limit;
      return;
    }
    const auto seen = std_view(value);
    // The parser unfolds a folded value into memory of its own.
    if (
      !seen.empty() &&
      (seen.data() < text.data() || seen.data() > text.data() + text.size()))
      folded = true;
    out->headers.push_back({std_view(name), seen});
    switch (field) {
    case http::field::host:
      ++hosts;
      break;
    case http::field::content_length:
      has_length = true;
      break;
    case http::field::transfer_encoding:
      ++transfer_encodings;
      plain_chunked = equal_ignoring_case(seen, "chunked");
      break;
    case http::field::expect:
      expects_continue = equal_ignoring_case(seen, "100-continue");
      unknown_expectation = !expects_continue;
      break;
    default:
      break;
    }
  }

  std::size_t take(boost::beast::string_view piece) const {
    body->append(std_view(piece));
    return piece.size();
  }

  void on_response_impl(
    int, boost::beast::string_view, int,
    boost::beast::error_code& ec) override {
    ec = {};
  }
  void on_header_impl(boost::beast::error_code& ec) override { ec = {}; }
  void on_body_init_impl(
    const boost::optional<std::uint64_t>&,
    boost::beast::error_code& ec) override {
    ec = {};
  }
  std::size_t on_body_impl(
    boost::beast::string_view piece, boost::beast::error_code& ec) override {
    ec = {};
    return take(piece);
  }
  void on_chunk_header_impl(
    std::uint64_t, boost::beast::string_view,
    boost::beast::error_code& ec) override {
    ec = {};
  }
  std::size_t on_chunk_body_impl(
    std::uint64_t, boost::beast::string_view piece,
    boost::beast::error_code& ec) override {
    ec = {};
    return take(piece);
  }
  void on_finish_impl(boost::beast::error_code& ec) override { ec = {}; }
};

/// Splits "/path?query"; a target in absolute form loses its authority.
bool split_target(std::string_view target, request& out) {
  if (target.substr(0, 7) == "http://") {
    const auto slash = target.find('/', 7);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  if (target.empty() || target.front() != '/' || has_control_character(target))
    return false;
  const auto mark = target.find('?');
  out.path = target.substr(0, mark);
  out.query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  return true;
}

} // namespace

struct request_parser::state {
  std::optional<beast_parser> parser;
};

request_parser::request_parser() : state_(std::make_unique<state>()) {}
request_parser::~request_parser() = default;

parse_failure request_parser::header(
  std::string_view text, std::size_t max_fields, request& out) {
  auto& parser = state_->parser.emplace();
  // The connection limits header and body; the parser's limits would only
  // hide the reason. (Without a limit, Beast 1.74 refuses every length.)
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  parser.text = text;
  parser.max_fields = max_fields;
  parser.out = &out;
  boost::beast::error_code ec;
  const auto used =
    parser.put(boost::asio::buffer(text.data(), text.size()), ec);
  parser.out = nullptr;
  if (parser.too_many_fields)
    return {431, "the request has more header fields than are allowed"};
  if (ec == http::error::bad_version)
    return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  if (ec || !parser.is_header_done() || used != text.size())
    return {
      400,
      "the request is not HTTP: " +
        (ec ? ec.message() : std::string{"bad header"})};
  if (parser.folded)
    return {400, "the request has a folded header field"};
  if (parser.version_number == 11 ? parser.hosts != 1 : parser.hosts > 1)
    return {400, "the request must have one Host field"};
  // What two readers of one stream could frame differently is refused:
  // RFC 9112, section 6.
  if (parser.transfer_encodings > 0) {
    if (parser.has_length)
      return {
        400,
        "the request has both Transfer-Encoding and "
        "Content-Length"};
    if (parser.version_number == 10)
      return {400, "Transfer-Encoding needs HTTP/1.1"};
    if (
      parser.transfer_encodings > 1 || !parser.plain_chunked ||
      !parser.chunked())
      return {501, "the only Transfer-Encoding understood is chunked"};
  }
  if (parser.unknown_expectation)
    return {417, "the only expectation understood is 100-continue"};
  if (!split_target(parser.target, out))
    return {400, "the request target must be a path"};
  return {};
}

bool request_parser::keep_alive() const {
  return state_->parser->keep_alive();
}
bool request_parser::http_1_0() const {
  return state_->parser && state_->parser->version_number == 10;
}
bool request_parser::chunked() const {
  return state_->parser->chunked();
}
bool request_parser::expects_continue() const {
  return state_->parser->expects_continue && !http_1_0();
}
std::uint64_t request_parser::content_length() const {
  const auto length = state_->parser->content_length();
  return length ? *length : 0;
}
bool request_parser::body_done() const {
  return state_->parser->is_done();
}

parse_failure
request_parser::decode_chunks(buffer& in, buffer& out, std::size_t pause_at) {
  auto& parser = *state_->parser;
  parser.body = &out;
  while (!parser.is_done() && out.size() < pause_at && !in.empty()) {
    boost::beast::error_code ec;
    const auto held = in.view();
    const auto used =
      parser.put(boost::asio::buffer(held.data(), held.size()), ec);
    in.consume(used);
    if (ec == http::error::need_more)
      break;
    if (ec)
      return {400, "the chunked body is malformed: " + ec.message()};
  }
  return {};
}

} // namespace ratchet::api::detail
