#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "ratchet/step_value.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ratchet {

/// What a stage says about itself when it succeeds. Small: it is journaled.
/// Bytes go into files of `stage_context::output_dir`.
struct stage_output {
  /// Named results for people and later stages: {"accuracy", "0.93"}.
  std::map<std::string, std::string> values;
};

/// What a stage waited for (`stage_context::wait_for_signal`).
struct received_signal {
  std::string payload;
  std::string from; ///< Who sent it.
  std::string id;   ///< The sender's; may be empty.
};

/// Thrown through a stage's function to suspend its attempt, by the waits of
/// `stage_context`. Let it pass: it is no std::exception, and a `catch (...)`
/// must throw it again. What the function holds is released as it unwinds.
struct stage_suspended {};

namespace detail {
template <class T>
struct step_result {
  using type = T;
};
template <class T>
struct step_result<result<T>> {
  using type = T;
};
} // namespace detail

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

  /// A named result of an earlier stage: of `stage_output::values`, or what an
  /// approval ("decision", "who", "reason") or a signal ("payload", "from",
  /// "id") left.
  /// Errors: `not_found` if that stage recorded none of that name, or is not
  ///   before this one.
  [[nodiscard]] virtual result<std::string>
  input_value(const std::string& stage, const std::string& name) const = 0;

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

  /// Does something once: `function` runs, what it returns is recorded, durably
  /// before this returns, and every later run of the stage gets that without
  /// running it: after a retry, a restart of the engine, a resumption. An
  /// operator who sets the stage back clears its steps.
  ///
  ///   auto rows = context.step("label", [&] { return label(batch); });
  ///   if (!rows)
  ///     return rows.err();
  ///
  /// `function` returns a value (ratchet/step_value.hpp), a `result` of one, or
  /// nothing. An error of its own is given back and not recorded: the next run
  /// tries again. If the engine falls while `function` runs, or before its
  /// value is recorded, it runs again: what it does to the world should be
  /// harmless twice.
  ///
  /// Runs of a stage are to take the same steps; what they do in between may be
  /// done again.
  /// Errors: `invalid_argument` for a name that was used before in this run, or
  ///   is none (1 to 200 bytes, no '/'), and for a value that JSON cannot say;
  ///   `conflict` if it was recorded as another type, or this attempt has been
  ///   superseded; `resource_limit` for a value beyond 64 KiB and the 1,001st
  ///   step; `unavailable` if the engine is stopping.
  template <class Function>
  auto step(std::string_view name, Function&& function) {
    using made = std::invoke_result_t<Function&>;
    using value = typename detail::step_result<made>::type;
    if constexpr (std::is_void_v<value>)
      return do_step<bool>(name, [&]() -> result<bool> {
        if constexpr (std::is_void_v<made>)
          function();
        else if (auto done = function(); !done)
          return done.err();
        return true;
      });
    else
      return do_step<value>(
        name, [&]() -> result<value> { return function(); });
  }

  /// Waits until `time` has passed since the first run came here. The attempt
  /// is suspended: it gives its thread and its slot back, and when it is time
  /// the function runs again from its beginning, past what its steps recorded.
  /// The engine may be restarted meanwhile. The timeout of the stage bounds
  /// each run, not the waits between them.
  ///
  /// Shares its names with steps. Not for the items of a stage that runs for
  /// each: their attempt fails then.
  /// Errors: as `step`.
  /// Throws: `stage_suspended`.
  [[nodiscard]] virtual result<void>
  sleep_for(std::string_view name, duration time) = 0;
  /// The same, until a moment by the engine's wall clock.
  [[nodiscard]] virtual result<void> sleep_until(time_point time) = 0;

  /// Waits for a signal to the iteration, suspended likewise, and takes it. The
  /// n-th call with one name in a run is about the same signal in every run.
  /// Errors: `timed_out` if none came within that time of the first call, in
  ///   every later run too; as `step`.
  /// Throws: `stage_suspended`.
  [[nodiscard]] virtual result<received_signal>
  wait_for_signal(std::string_view signal, duration within) = 0;

  /// Makes the error for the stage to return: `return context.fail("bad_data",
  /// "row 7 has no label")`. The name is recorded, shown, and compared with
  /// `.non_retryable` of the retry policy. With `retry_after`, the next try
  /// waits at least so long.
  [[nodiscard]] virtual error
  fail(std::string name, std::string message, duration retry_after = {}) = 0;

  /// Adds a line to the attempt's log.
  virtual void log(std::string_view line) = 0;

private:
  /// What step `name` recorded; nothing: it is to be done.
  [[nodiscard]] virtual result<std::optional<std::string>>
  recall(std::string_view name) = 0;
  /// Durable on return.
  [[nodiscard]] virtual result<void>
  remember(std::string_view name, std::string value) = 0;

  [[nodiscard]] static error
  step_error(errc code, std::string_view name, const char* what) {
    return {code, "step \"" + std::string{name} + "\" " + what};
  }

  template <step_value Value, class Function>
  result<Value> do_step(std::string_view name, const Function& function) {
    const auto known = recall(name);
    if (!known)
      return known.err();
    if (*known) {
      Value value{};
      std::string_view text = **known;
      if (!detail::read_value(text, value) || !text.empty())
        return step_error(
          errc::conflict, name, "was recorded as a value of another type");
      return value;
    }
    auto made = function();
    if (!made)
      return made;
    std::string text;
    if (!detail::write_value(text, *made))
      return step_error(
        errc::invalid_argument, name,
        "has a value that cannot be recorded: a number that is not finite, or "
        "a text that is not UTF-8");
    if (auto recorded = remember(name, std::move(text)); !recorded)
      return recorded.err();
    return made;
  }
};

/// A stage written in C++. Runs on a worker's thread; may block. An error
/// (or an exception) fails the attempt, which is retried by the stage's
/// policy unless the code is `invalid_argument`.
using stage_function = std::function<result<stage_output>(stage_context&)>;

} // namespace ratchet
