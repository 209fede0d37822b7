#pragma once

#include "base/clock.hpp"

namespace ratchet::cli {

/// While it lives, SIGINT and SIGTERM are wishes to end and not the end: the
/// first one wakes `wait`, the second ends the process at once. Children are
/// not affected (handlers do not survive exec). At most one at a time.
class stop_signals {
public:
  /// `last_words` (of static life) go to stdout before an end at once: what
  /// gives a terminal back.
  explicit stop_signals(const char* last_words = "");
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// True once a signal came.
  [[nodiscard]] bool raised() const;

  /// Returns when a signal came or `at_most` has passed; true for a signal.
  bool wait(duration at_most) const;
  /// Returns when a signal came.
  void wait() const;
};

} // namespace ratchet::cli
