#pragma once

#include "api/endpoint.hpp"
#include "api/http_client.hpp"
#include "formats/json.hpp"
#include "tests/unit/api/fake_node.hpp"

#include <memory>
#include <string>

namespace ratchet::test {

/// A fake node behind a real server, and a client to it.
struct engine {
  explicit engine(api::endpoint_options options = {})
      : clock(from_ms(1'790'000'000'000)) {
    options.service.clock = &clock;
    options.server.threads = 2;
    endpoint = std::move(*api::endpoint::start(node, options));
    client = std::make_unique<api::http_client>(endpoint->url());
  }

  [[nodiscard]] api::http_response get(const std::string& path) {
    return *client->get(path);
  }
  [[nodiscard]] api::http_response
  post(const std::string& path, const std::string& body) {
    return *client->post(path, body);
  }
  [[nodiscard]] json get_json(const std::string& path) {
    return json::parse(get(path).body);
  }

  manual_clock clock;
  fake_node node;
  std::unique_ptr<api::endpoint> endpoint;
  std::unique_ptr<api::http_client> client;
};

/// The stable code of an error's body.
inline std::string code_of(const api::http_response& answer) {
  const auto body = json::parse(answer.body);
  if (
    !body.contains("error") || !body["error"].contains("message") ||
    !body["error"]["details"].is_object())
    return "not an error: " + answer.body;
  return body["error"]["code"];
}

} // namespace ratchet::test
