#pragma once

#include "cli/loop_view.hpp"
#include "formats/json.hpp"

#include <string>

/// From the API's answers (docs/http.md) to views. Members that are missing
/// or of another type read as absent: an older or newer engine shows less,
/// and nothing breaks.

namespace ratchet::cli {

/// The member as text, number or time; "", 0, the epoch if there is none.
[[nodiscard]] std::string text_of(const json& from, const char* name);
[[nodiscard]] std::uint64_t number_of(const json& from, const char* name);
[[nodiscard]] bool flag_of(const json& from, const char* name);
[[nodiscard]] time_point time_of(const json& from, const char* name);
/// The member, or null.
[[nodiscard]] const json& member_of(const json& from, const char* name);

/// "5min ago by ada: it is slow", of a version or an iteration whose version
/// was taken back; empty: it never was.
[[nodiscard]] std::string rollback_text(const json& from, time_point now);

/// Of GET /v1/loops/{loop}. If its newest iteration runs, `stages` are that
/// one's; otherwise they are the definition's, all pending.
[[nodiscard]] loop_view read_loop(const json& from);

/// Of GET .../iterations/{n}, or of an element of a list.
[[nodiscard]] iteration_view read_iteration(const json& from);

} // namespace ratchet::cli
