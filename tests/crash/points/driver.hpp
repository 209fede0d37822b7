#pragma once

#include "actors/node.hpp"
#include "base/event.hpp"
#include "workflows/iteration.hpp"
#include "workflows/loop_state.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ratchet::test {

/// An operator and an application that play a fixed script against a node. The
/// script is played again from its start after each crash: what has taken
/// effect is not done again, which each step finds out from the journal. On a
/// refusal, or when the node does not get to where the script waits for it,
/// the process ends with a message.
class driver {
public:
  explicit driver(actors::node& node) : node_(node) {}

  /// Interactions `from` to `to` of a loop, served by `version`, each with a
  /// true on `channel`.
  void feedback(
    const std::string& loop, const std::string& channel, int from, int to,
    version_number version = {});
  /// Until all that a loop was sent is counted, durably.
  void until_counted(const std::string& loop) const;
  /// What was appended before is known by its ids.
  void append(storage::event_batch batch);
  /// Carries out `wish` once, however often it is called: `id` is recorded as
  /// its reason.
  void act(const std::string& id, actors::operator_request wish);
  /// Calls a webhook; `key` makes it once, however often it is called.
  void call(
    const std::string& loop, const std::string& webhook,
    const std::string& key);
  /// By hand, unless the loop has iteration `number` already.
  void trigger(const std::string& loop, std::uint64_t number);

  void
  until(const std::string& what, const std::function<bool()>& reached) const;
  void until_ended(const std::string& loop, std::uint64_t number) const;
  /// Until a stage of an iteration has this status or a final one, or the
  /// iteration has ended: after a crash, what the script waits for may be past.
  void until_stage(
    const std::string& loop, std::uint64_t number, const std::string& stage,
    workflows::stage_status status) const;

  [[nodiscard]] workflows::loop_state state(const std::string& loop) const;
  /// Nothing before it was started.
  [[nodiscard]] std::optional<workflows::iteration>
  iteration(const std::string& loop, std::uint64_t number) const;
  [[nodiscard]] actors::node& node() const { return node_; }

private:
  [[nodiscard]] loop_number number_of(const std::string& loop) const;
  [[nodiscard]] bool is_recorded(const actors::operator_request& wish) const;

  actors::node& node_;
};

/// Ends the process: the script cannot go on.
[[noreturn]] void give_up(const std::string& why);

} // namespace ratchet::test
