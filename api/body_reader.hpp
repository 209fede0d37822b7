#pragma once

#include "base/result.hpp"
#include "formats/json.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ratchet::api {

/// Reads the members of a small JSON object. As query_reader, it refuses what
/// nobody asked for, so that typing errors are found; an empty body is `{}`,
/// a null member is one that is not there.
class body_reader {
public:
  explicit body_reader(std::string_view body);
  explicit body_reader(json object) : object_(std::move(object)) {}

  /// At most 4096 bytes; empty if it is not given.
  [[nodiscard]] std::string text(const char* name);
  [[nodiscard]] std::uint64_t number(const char* name); ///< 0 if not given.
  [[nodiscard]] bool flag(const char* name);            ///< False if not given.
  [[nodiscard]] json object(const char* name);          ///< {} if not given.
  [[nodiscard]] json value(const char* name); ///< Any; null if not given.

  /// Whole numbers, at most `most` of them; {} if not given.
  [[nodiscard]] std::vector<std::uint64_t>
  numbers(const char* name, std::size_t most);

  /// A mistake unless `present`; `why` tells what the member is for.
  void require(bool present, const char* name, const char* why);
  /// Notes a mistake; the first one counts.
  void fail(std::string message);

  /// Errors: `invalid_argument` with the first mistake.
  [[nodiscard]] result<void> finish();

private:
  [[nodiscard]] const json* take(const char* name);

  json object_ = json::object();
  std::string known_;
  std::string mistake_;
};

} // namespace ratchet::api
