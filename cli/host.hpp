#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "cli/log_output.hpp"
#include "ratchet/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ratchet::cli {

struct host_options {
  /// Empty: a temporary store, removed in the end (`dev`).
  std::string data;
  std::string program = "ratchet"; ///< For hints.
  std::string listen = "127.0.0.1:4600";
  /// Take any free port if that of `listen` is taken.
  bool any_port = false;
  bool insecure = false;
  std::string token_file;
  std::size_t threads = 2;
  std::size_t slots = 16;
  std::map<std::string, std::uint32_t> limits;      ///< By label.
  std::optional<log_level> least = log_level::info; ///< None: no logs at all.
  log_format format = log_format::json;
  bool color = false;
};

struct listen_address {
  std::string host;
  std::uint16_t port = 0;

  friend bool
  operator==(const listen_address&, const listen_address&) = default;
};
/// Reads "HOST:PORT", "[V6]:PORT" or ":PORT" (loopback).
/// Errors: `invalid_argument`.
[[nodiscard]] result<listen_address>
parse_listen_address(const std::string& text);

/// Runs the engine with `loops` until SIGINT or SIGTERM, and then ends it in
/// order: no new requests, the journal finishes, the store closes. A second
/// signal ends the process at once. Prints the engine's URL as a line on
/// stdout when it serves.
///
/// Errors: as `node::start` and `endpoint::start`; `invalid_argument` if there
///   are no loops.
[[nodiscard]] result<void>
run_engine(const std::vector<loop>& loops, const host_options& options);

} // namespace ratchet::cli
