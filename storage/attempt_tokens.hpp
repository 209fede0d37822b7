#pragma once

#include "base/result.hpp"
#include "storage/store.hpp"
#include "storage/write_batch.hpp"

#include <string>
#include <string_view>

/// What a command proves with that it is a certain attempt, when it calls the
/// engine. Made from the attempt's id and a secret of the shard, so that
/// nothing is kept for each, and that it holds on whichever node leads the
/// shard: a command outlives the engine that started it.

namespace ratchet::storage {

/// A secret that every token depends on.
struct attempt_secret {
  std::string bytes; ///< 32 of them.
};

/// That of the store; a new one, through `batch`, if it has none yet.
/// Errors: `corruption`, `io_error`.
[[nodiscard]] result<attempt_secret>
load_or_make_secret(const store& from, write_batch& batch);

/// The token of an attempt: HMAC-SHA-256 of its id, as 64 hex digits.
[[nodiscard]] std::string
attempt_token(const attempt_secret& secret, std::string_view attempt_id);

/// In a time that does not depend on where `token` differs.
[[nodiscard]] bool is_token_of(
  const attempt_secret& secret, std::string_view attempt_id,
  std::string_view token);

} // namespace ratchet::storage
