#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "cli/engine.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "formats/json.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace ratchet::cli {

enum class output_format : std::uint8_t { table, json, jsonl, name };

/// What every verb that talks to an engine works with.
struct verb_context {
  engine& server;
  output_format output = output_format::table;
  palette paint{false};
  std::size_t width = 0; ///< Of the terminal; 0: stdout is none.
  const wall_clock& clock;
  int out = 1; ///< Descriptors of stdout and stderr; tests bring their own.
  int err = 2;
  int in = 0; ///< Where answers to questions come from.

  /// Data, on stdout. Errors: `io_error` if it cannot be written.
  [[nodiscard]] result<void> print(std::string_view text) const;
  /// A remark for people, on stderr; nothing unless output is a table.
  void remark(std::string_view sentence) const;

  /// One answer: as JSON, or as `as_text` gives it. `name` is for -o name.
  [[nodiscard]] result<void> show(
    const json& answer, const std::string& name,
    const std::function<std::string()>& as_text) const;
  /// A list: `items` of the answer, as a table, as JSON or one per line.
  [[nodiscard]] result<void> show_list(
    const json& items, const std::function<std::string(const json&)>& name_of,
    const std::function<table()>& as_table,
    std::string_view none_sentence) const;
};

} // namespace ratchet::cli
