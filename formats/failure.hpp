#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace ratchet::formats {

inline constexpr std::uintmax_t largest_failure_file = 64 * 1024;
inline constexpr std::size_t longest_failure_message = 2048; ///< Bytes.

/// What a command says about its own failure.
struct declared_failure {
  std::string name;    ///< `workflows::check_failure_name` has no objection.
  std::string message; ///< May be empty.
  duration retry_after{0}; ///< At most `workflows::longest_retry_after`.

  friend bool
  operator==(const declared_failure&, const declared_failure&) = default;
};

/// Reads an `error.json`:
///
///   {"code": "bad_data", "message": "row 7 has no label", "retry_after": 30}
///
/// Shape:  one object; `code` is needed, `retry_after` is in seconds, other
///   members are left alone. A longer message is cut. Nothing if there is no
///   such file.
/// Errors: `invalid_argument`, naming file and member; `io_error` if it cannot
///   be read.
[[nodiscard]] result<std::optional<declared_failure>>
read_failure_file(const std::filesystem::path& path);

} // namespace ratchet::formats
