#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ratchet::cli {

/// A verb with its flags and its own verbs, as completion needs them.
struct verb_words {
  std::string name;
  std::string summary;
  std::vector<std::string> flags; ///< "--url", "-o"; those of the program too.
  std::vector<verb_words> verbs;
};

/// A completion script of `program` for "bash", "zsh" or "fish", to be
/// sourced. Completes verbs and flags, and files for everything else.
///
/// Errors: `invalid_argument` for another shell.
[[nodiscard]] result<std::string> completion_script(
  std::string_view shell, const std::string& program, const verb_words& root);

} // namespace ratchet::cli
