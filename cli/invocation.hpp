#pragma once

#include "base/clock.hpp"
#include "cli/backtest_flags.hpp"
#include "cli/completion.hpp"
#include "cli/exit_code.hpp"
#include "cli/simulation_flags.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ratchet::cli {

/// A command line, read: the verb and whatever of the rest it takes. Flags
/// that environment and files may give as well are absent if not given.
struct invocation {
  std::string verb; ///< "get", "feedback send"

  std::optional<std::string> url;
  std::optional<std::string> output;
  std::optional<std::string> color;
  std::optional<std::string> log_level;
  std::optional<std::string> config;
  std::optional<std::string> token_file;
  std::optional<std::string> data;
  std::optional<std::string> listen;
  std::optional<std::string> log_format;
  std::optional<std::string> threads;
  std::optional<std::string> slots;
  std::optional<std::string> limits;

  std::string loop;
  std::string stage;
  std::string reason;
  std::string who;
  std::string file;
  std::string name;
  std::string kind;
  std::string channel;
  std::string shell;
  std::string state;
  std::string status;
  std::string since;
  std::string until;
  std::string text;
  std::string signal;
  std::string payload;
  std::string payload_file;
  std::string id;
  std::string by;
  std::string from; ///< retry: the stage; definitions diff: which one.
  std::string to;
  std::string one_stage; ///< skip, approve, reject: which one.
  std::string only_verb;
  std::vector<std::string> labels;
  std::string metric;
  std::string slice;
  std::uint64_t windows = 0;
  std::uint64_t number = 0;
  std::uint64_t version = 0;
  std::uint64_t attempt = 0;
  std::uint64_t count = 20;
  std::uint64_t batch = 500;
  duration timeout{0};
  simulation_flags simulation;
  backtest_flags backtest;
  bool watch = false;
  bool follow = false;
  bool wait = false;
  bool champion = false;
  bool insecure = false;
  bool now = false;
  bool all = false;
  bool yes = false;
};

/// Nothing to run: help that was asked for (stdout), or a mistake (stderr).
struct early_end {
  exit_code code = exit_code::ok;
  std::string text;
};

/// Reads the arguments, without the program's name.
[[nodiscard]] std::variant<invocation, early_end>
parse_arguments(const std::string& program, std::vector<std::string> arguments);

/// All verbs and flags, for shell completion.
[[nodiscard]] verb_words all_verbs(const std::string& program);

/// "90s", "1.5h", "250ms", "10m" or "10min"; nothing if it is none.
[[nodiscard]] std::optional<duration> parse_duration(const std::string& text);

} // namespace ratchet::cli
