#pragma once

#include "base/result.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Where a setting comes from: flag, then environment, then ./ratchet.toml,
/// then $XDG_CONFIG_HOME/ratchet/config.toml, then the default.
///
/// CLI11 could read files and variables itself, but lets a file win over the
/// environment, against everyone's expectation.

namespace ratchet::cli {

/// A value and who gave it, for errors: "RATCHET_OUTPUT", "./ratchet.toml:3".
struct setting {
  std::string value;
  std::string origin;

  friend bool operator==(const setting&, const setting&) = default;
};
using settings = std::map<std::string, setting, std::less<>>;

/// The settings that environment and files may give, as they are named in
/// files; the variable of "log-level" is RATCHET_LOG_LEVEL.
[[nodiscard]] const std::vector<std::string_view>& setting_names();

/// Reads lines `name = "value"` (also 'value', numbers, true, false), with
/// comments and blank lines: the part of TOML that settings need.
///
/// Errors: `invalid_argument` for anything else and for unknown names, with
///   file and line.
[[nodiscard]] result<settings>
read_settings(std::string_view text, const std::string& file_name);

using get_environment =
  std::function<std::optional<std::string>(const std::string&)>;
/// The process's own; an empty variable counts as unset.
[[nodiscard]] std::optional<std::string> environment(const std::string& name);

/// What environment and files say. `config_file`, if given (a flag or
/// RATCHET_CONFIG), takes the place of both files and must exist.
///
/// Errors: `invalid_argument` as above; `not_found`, `io_error` for files.
[[nodiscard]] result<settings> gather_settings(
  const get_environment& env, const std::optional<std::string>& config_file);

} // namespace ratchet::cli
