#pragma once

namespace ratchet::detail {

[[noreturn]] void
assertion_failed(const char* expression, const char* file, int line);

} // namespace ratchet::detail

/// Stops the process when a bug shows itself; on in every build. Recovery
/// after a crash is the tested path, going on with broken state is not.
#define RATCHET_ASSERT(expression)                                             \
  ((expression)                                                                \
     ? static_cast<void>(0)                                                    \
     : ::ratchet::detail::assertion_failed(#expression, __FILE__, __LINE__))
