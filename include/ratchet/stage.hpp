#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace ratchet {

/// What a stage says about itself when it succeeds. Small: it is journaled.
/// Bytes go into files of `stage_context::output_dir`.
struct stage_output {
  /// Named results for people and later stages: {"accuracy", "0.93"}.
  std::map<std::string, std::string> values;
};

/// What a C++ stage sees of the engine. Valid during the call, and only on
/// the thread that runs it (`canceled`, `progress` and `heartbeat` from any
/// thread).
///
/// Outputs are found by convention, as for commands: a file or directory
/// `model` or `model.*` in the output directory becomes the iteration's new
/// version; `scores.jsonl` holds paired scores for the gates.
class stage_context {
public:
  virtual ~stage_context() = default;

  [[nodiscard]] virtual const std::string& loop() const = 0;
  [[nodiscard]] virtual iteration_number iteration() const = 0;
  [[nodiscard]] virtual const std::string& stage() const = 0;
  [[nodiscard]] virtual const std::string& attempt_id() const = 0;

  /// In a stage that runs for each (ratchet/fan_out.hpp): its item, and where
  /// that is in the list, from 0. Empty and 0 in any other.
  [[nodiscard]] virtual const std::string& item() const = 0;
  [[nodiscard]] virtual std::uint32_t item_index() const = 0;

  /// A directory of this attempt's own, empty at its start.
  [[nodiscard]] virtual const std::filesystem::path& output_dir() const = 0;

  /// Where the outputs of an earlier stage are. Read only.
  /// Errors: `not_found` if that stage made none or is not before this one.
  [[nodiscard]] virtual result<std::filesystem::path>
  input_dir(const std::string& stage) const = 0;

  /// The champion's model file or directory. Read only.
  /// Errors: `not_found` if the loop has no champion yet.
  [[nodiscard]] virtual result<std::filesystem::path> champion() const = 0;

  /// In a cleanup stage: what the iteration ends as, such as "failed" or
  /// "promoted", and why. Empty in a stage of the graph.
  [[nodiscard]] virtual const std::string& outcome() const = 0;
  [[nodiscard]] virtual const std::string& outcome_reason() const = 0;

  /// True once the stage should stop: it timed out or was canceled. What it
  /// returns after that is not used.
  [[nodiscard]] virtual bool canceled() const = 0;

  /// Shows how far the stage is: `done` from 0 to 1, and a word for people.
  /// A sign of life, too.
  virtual void progress(double done, std::string_view note) = 0;

  /// A sign of life, for `heartbeat_within`. Cheap; from any thread.
  virtual void heartbeat() = 0;

  /// Makes the error for the stage to return: `return context.fail("bad_data",
  /// "row 7 has no label")`. The name is recorded, shown, and compared with
  /// `.non_retryable` of the retry policy. With `retry_after`, the next try
  /// waits at least so long.
  [[nodiscard]] virtual error
  fail(std::string name, std::string message, duration retry_after = {}) = 0;

  /// Adds a line to the attempt's log.
  virtual void log(std::string_view line) = 0;
};

/// A stage written in C++. Runs on a worker's thread; may block. An error
/// (or an exception) fails the attempt, which is retried by the stage's
/// policy unless the code is `invalid_argument`.
using stage_function = std::function<result<stage_output>(stage_context&)>;

} // namespace ratchet
