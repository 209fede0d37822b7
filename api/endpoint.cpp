#include "api/endpoint.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace ratchet::api {
namespace {

constexpr std::size_t min_token_bytes = 16;
constexpr std::size_t max_token_bytes = 4096;

result<std::string> read_token(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file)
    return error{
      errc::io_error,
      "token file " + path.string() +
        " cannot be read: " + std::strerror(errno)};
  std::string token(max_token_bytes + 1, '\0');
  file.read(token.data(), static_cast<std::streamsize>(token.size()));
  token.resize(static_cast<std::size_t>(file.gcount()));
  while (!token.empty() &&
         (token.back() == '\n' || token.back() == '\r' || token.back() == ' '))
    token.pop_back();
  if (token.size() < min_token_bytes || token.size() > max_token_bytes)
    return error{
      errc::invalid_argument,
      "token file " + path.string() +
        " must hold one token of 16 to 4096 bytes; make one with "
        "\"openssl rand -hex 32\""};
  return token;
}

/// How this machine reaches an address that may stand for all of them.
std::string local_url(const std::string& address, std::uint16_t port) {
  auto host = address;
  if (host == "0.0.0.0")
    host = "127.0.0.1";
  else if (host == "::")
    host = "::1";
  if (host.find(':') != std::string::npos)
    host = "[" + host + "]";
  return "http://" + host + ":" + std::to_string(port);
}

} // namespace

result<void> check(const endpoint_options& options) {
  const auto& address = options.server.address;
  if (options.insecure || is_loopback(address))
    return {};
  return error{
    errc::invalid_argument,
    "refusing to listen on " + address +
      ", which other machines reach, without encryption; listen on 127.0.0.1 "
      "behind a proxy that speaks TLS, or say --insecure"};
}

result<std::unique_ptr<endpoint>>
endpoint::start(actors::client& node, endpoint_options options) {
  if (auto allowed = check(options); !allowed)
    return allowed.err();
  if (!options.token_file.empty()) {
    auto token = read_token(options.token_file);
    if (!token)
      return token.err();
    options.service.token = std::move(*token);
  }
  if (is_loopback(options.server.address) && options.service.token.empty())
    options.service.loopback_names_only = true;
  std::unique_ptr<endpoint> made(new endpoint);
  made->service_ = std::make_unique<service>(node, options.service);
  auto server =
    http_server::start(options.server, *made->service_, made->service_->pool());
  if (!server)
    return server.err();
  made->server_ = std::move(*server);
  made->service_->observe(made->server_->stats());
  made->url_ = local_url(options.server.address, made->server_->port());
  return made;
}

endpoint::~endpoint() {
  stop();
}

void endpoint::stop() {
  if (!server_)
    return;
  service_->end_waits();
  server_->stop();
}

} // namespace ratchet::api
