#pragma once

#include "analysis/fold.hpp"
#include "analysis/split.hpp"
#include "base/event.hpp"
#include "base/result.hpp"
#include "workflows/definition.hpp"

#include <string>
#include <string_view>

namespace ratchet::formats::detail {

enum class row_format : std::uint8_t { labels, sft, kto };

/// Errors: `invalid_argument` naming the formats there are.
[[nodiscard]] result<row_format> find_row_format(std::string_view name);

/// Errors: `invalid_argument` if rows of this format cannot be made of values
/// of this channel.
[[nodiscard]] result<void>
check_channel(row_format format, const workflows::channel_definition& channel);

/// Appends one line, with its end, and tells true; or appends nothing and
/// tells false if the interaction lacks what the row needs.
[[nodiscard]] bool append_row(
  row_format format, const event& interaction,
  const analysis::folded_feedback& feedback, analysis::split_side side,
  std::string& out);

} // namespace ratchet::formats::detail
