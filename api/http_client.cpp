#include "api/http_client.hpp"

#include "api/detail/client_socket.hpp"
#include "api/message.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>

namespace ratchet::api {

namespace http = boost::beast::http;
using clock = std::chrono::steady_clock;
using body_taker = std::function<result<void>(std::string_view)>;

namespace {

constexpr std::size_t max_answer = std::size_t{256} << 20U;
constexpr std::size_t piece_size = 256 * 1024;
constexpr std::size_t read_size = 16 * 1024;
constexpr std::size_t header_room = 64 * 1024;

/// The framing of an answer; its body goes to `take`.
class answer_parser final : public http::basic_parser<false> {
public:
  http_response* out = nullptr;
  const body_taker* take = nullptr;
  result<void> taken;

private:
  using text = boost::beast::string_view;
  using failure = boost::beast::error_code;

  std::size_t pass_on(text piece, failure& ec) {
    ec = {};
    taken = (*take)({piece.data(), piece.size()});
    if (!taken)
      ec = http::error::body_limit; // Any error ends the parse.
    return piece.size();
  }
  void on_request_impl(http::verb, text, text, int, failure& ec) override {
    ec = {};
  }
  void on_response_impl(int code, text, int, failure& ec) override {
    out->status = static_cast<unsigned>(code);
    ec = {};
  }
  void on_field_impl(http::field, text name, text value, failure& ec) override {
    out->headers.emplace_back(
      std::string{name.data(), name.size()},
      std::string{value.data(), value.size()});
    ec = {};
  }
  void on_header_impl(failure& ec) override { ec = {}; }
  void on_body_init_impl(
    const boost::optional<std::uint64_t>&, failure& ec) override {
    ec = {};
  }
  std::size_t on_body_impl(text piece, failure& ec) override {
    return pass_on(piece, ec);
  }
  void on_chunk_header_impl(std::uint64_t, text, failure& ec) override {
    ec = {};
  }
  std::size_t
  on_chunk_body_impl(std::uint64_t, text piece, failure& ec) override {
    return pass_on(piece, ec);
  }
  void on_finish_impl(failure& ec) override { ec = {}; }
};

/// What one exchange sends and wants.
struct outgoing {
  std::string_view method;
  const std::string& path;
  const header_list& headers;
  std::string_view body;
  int file = -1; ///< Sent instead of `body` if it is one.
  std::uint64_t file_bytes = 0;
  duration timeout;
  bool per_piece = false; ///< `timeout` is for each piece, not for all.
};

} // namespace

std::string_view http_response::header(std::string_view name) const {
  for (const auto& [each, value] : headers) {
    if (equal_ignoring_case(each, name))
      return value;
  }
  return {};
}

struct http_client::state {
  detail::client_socket socket;
  std::string token;
  std::string incoming; ///< Bytes behind the last answer.

  explicit state(const std::string& url) : socket(url) {}

  [[nodiscard]] std::string head(const outgoing& out) const {
    std::string text{out.method};
    text += ' ';
    text += out.path;
    text += " HTTP/1.1\r\nHost: ";
    text += socket.authority();
    const auto bytes = out.file >= 0 ? out.file_bytes : out.body.size();
    if (bytes > 0 || out.method != "GET")
      text += "\r\nContent-Length: " + std::to_string(bytes);
    if (!token.empty())
      text += "\r\nAuthorization: Bearer " + token;
    for (const auto& [name, value] : out.headers)
      text += "\r\n" + name + ": " + value;
    text += "\r\n\r\n";
    return text;
  }

  result<void> send(const outgoing& out, clock::time_point deadline) {
    auto text = head(out);
    if (out.file < 0) {
      constexpr std::size_t worth_joining = 16 * 1024;
      if (out.body.size() <= worth_joining) {
        text += out.body;
        return socket.write(text, deadline);
      }
      if (auto sent = socket.write(text, deadline); !sent)
        return sent;
      return socket.write(out.body, deadline);
    }
    if (auto sent = socket.write(text, deadline); !sent)
      return sent;
    std::string piece(piece_size, '\0');
    for (std::uint64_t at = 0; at < out.file_bytes;) {
      const auto got =
        ::pread(out.file, piece.data(), piece.size(), static_cast<off_t>(at));
      if (got <= 0)
        return error{errc::io_error, "the file to send cannot be read"};
      auto sent = socket.write(
        std::string_view{piece}.substr(0, static_cast<std::size_t>(got)),
        clock::now() + out.timeout);
      if (!sent)
        return sent;
      at += static_cast<std::uint64_t>(got);
    }
    return {};
  }

  /// Reads one answer. `seen` tells whether any of it came.
  result<http_response> receive(
    const outgoing& out, clock::time_point deadline, const body_taker& take,
    bool& seen) {
    http_response answer;
    std::optional<answer_parser> parser;
    const auto restart = [&] {
      answer = {};
      parser.emplace();
      parser->header_limit(header_room);
      parser->body_limit(std::numeric_limits<std::uint64_t>::max());
      parser->out = &answer;
      parser->take = &take;
    };
    restart();
    while (!parser->is_done()) {
      boost::beast::error_code ec;
      if (!incoming.empty()) {
        const auto used = parser->put(
          boost::asio::buffer(incoming.data(), incoming.size()), ec);
        incoming.erase(0, used);
        if (!parser->taken)
          return parser->taken.err();
        if (ec && ec != http::error::need_more)
          return error{
            errc::unavailable,
            socket.url() + " did not answer in HTTP: " + ec.message()};
        if (parser->is_header_done() && answer.status / 100 == 1) {
          restart();
          continue;
        }
        if (!ec && (parser->is_done() || !incoming.empty()))
          continue;
      }
      if (parser->is_done())
        break;
      auto got = socket.read(
        incoming, out.per_piece ? piece_size : read_size,
        out.per_piece ? clock::now() + out.timeout : deadline);
      if (!got)
        return got.err();
      if (*got == 0) { // The other side ended the connection.
        boost::beast::error_code end;
        if (parser->got_some()) // Else Beast has nothing to end.
          parser->put_eof(end);
        if (end || !parser->is_done())
          return error{
            errc::unavailable,
            socket.url() + " ended the connection without a full answer"};
        break;
      }
      seen = true;
    }
    if (!parser->keep_alive())
      socket.close();
    return answer;
  }

  result<http_response> exchange(const outgoing& out, const body_taker& take) {
    const auto deadline = clock::now() + out.timeout;
    // What idled may have been closed by the server.
    if (socket.is_open() && socket.has_input())
      socket.close();
    const bool reused = socket.is_open();
    for (int round = 0;; ++round) {
      if (auto open = socket.open(deadline); !open)
        return open.err();
      bool seen = false;
      auto sent = send(out, deadline);
      // A refused upload is answered before it is read to its end.
      auto answer = receive(out, deadline, take, seen);
      if (answer && sent)
        return answer;
      socket.close();
      incoming.clear();
      if (answer)
        return answer;
      const auto& failure = sent ? answer.err() : sent.err();
      const bool again = round == 0 && reused && !seen &&
        out.method != "POST" && failure.code == errc::unavailable;
      if (!again)
        return failure;
    }
  }

  result<http_response> gather(const outgoing& out) {
    std::string body;
    auto answer = exchange(out, [&](std::string_view piece) -> result<void> {
      if (body.size() + piece.size() > max_answer)
        return error{errc::resource_limit, "the answer is over 256 MiB"};
      body += piece;
      return {};
    });
    if (answer)
      answer->body = std::move(body);
    return answer;
  }
};

http_client::http_client(const std::string& url)
    : state_(std::make_unique<state>(url)) {}
http_client::http_client(http_client&&) noexcept = default;
http_client& http_client::operator=(http_client&&) noexcept = default;
http_client::~http_client() = default;

void http_client::use_token(std::string token) {
  state_->token = std::move(token);
}

result<http_response> http_client::get(
  const std::string& path, const header_list& headers, duration timeout) {
  return state_->gather({"GET", path, headers, {}, -1, 0, timeout, false});
}

result<http_response> http_client::post(
  const std::string& path, std::string_view body, const header_list& headers,
  duration timeout) {
  return state_->gather({"POST", path, headers, body, -1, 0, timeout, false});
}

result<http_response> http_client::put(
  const std::string& path, std::string_view body, const header_list& headers,
  duration timeout) {
  return state_->gather({"PUT", path, headers, body, -1, 0, timeout, false});
}

result<http_response> http_client::put_file(
  const std::string& path, const std::filesystem::path& source,
  duration timeout) {
  const open_file file{::open(source.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat status {};
  if (!file || ::fstat(file.descriptor(), &status) != 0)
    return error{
      errc::io_error,
      source.string() + " cannot be opened: " + std::strerror(errno)};
  return state_->gather(
    {"PUT",
     path,
     {},
     {},
     file.descriptor(),
     static_cast<std::uint64_t>(status.st_size),
     timeout,
     true});
}

result<http_response> http_client::get_to_file(
  const std::string& path, const std::filesystem::path& target,
  duration timeout) {
  auto part = target;
  part += ".part";
  const auto failed = [&](const std::string& doing) -> error {
    return {
      errc::io_error,
      part.string() + " cannot be " + doing + ": " + std::strerror(errno)};
  };
  std::ofstream file{part, std::ios::binary | std::ios::trunc};
  if (!file)
    return failed("made");
  const header_list none;
  auto answer = state_->exchange(
    {"GET", path, none, {}, -1, 0, timeout, true},
    [&](std::string_view piece) -> result<void> {
      if (!file.write(piece.data(), static_cast<std::streamsize>(piece.size())))
        return failed("written");
      return {};
    });
  file.close();
  std::error_code ec;
  if (answer && answer->status == 200 && file) {
    std::filesystem::rename(part, target, ec);
    if (ec)
      return failed("renamed");
    return answer;
  }
  std::filesystem::remove(part, ec);
  if (answer && !file)
    return failed("written");
  return answer;
}

} // namespace ratchet::api
