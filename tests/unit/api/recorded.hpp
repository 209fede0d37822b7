#pragma once

#include "storage/loop_journal.hpp"
#include "tests/unit/api/fake_node.hpp"
#include "workflows/iteration.hpp"
#include "workflows/loop_state.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

namespace ratchet::test {

/// Writes events into the journal of "digits" behind what is there.
inline void
happened(fake_node& node, const std::vector<workflows::loop_event>& events) {
  const auto loop = node.number("digits");
  auto state = node.journal().load_state(loop).value();
  storage::write_batch batch;
  for (const auto& event : events) {
    storage::record(batch, loop, state.event_count, event);
    workflows::apply(state, event);
  }
  storage::put_state(batch, loop, state);
  node.commit(batch);
}

/// An iteration of "digits" that commands bring on, recorded as the actors do.
/// Minutes count from its start.
class recorded_iteration {
public:
  recorded_iteration(
    fake_node& node, std::uint64_t number, int minute = 0,
    std::string reason = "by hand")
      : node_(node), plan_(digits_loop()), now_(at(minute)) {
    workflows::iteration_requested request;
    request.number = iteration_number{number};
    request.fingerprint = workflows::fingerprint(plan_);
    request.reason = std::move(reason);
    request.who = "ann";
    request.at = now_;
    happened(node, {request});
    write({workflows::first_event("digits", request)});
    send(workflows::begin_iteration{});
  }

  /// As old as the tests of this folder, plus minutes.
  static time_point at(int minute) {
    return from_ms(1'780'000'000'000 + minute * 60'000);
  }

  recorded_iteration& after(int minutes) {
    now_ += std::chrono::minutes{minutes};
    return *this;
  }
  recorded_iteration& send(const workflows::iteration_command& command) {
    auto events = workflows::decide(plan_, it_, command, now_);
    INFO((events ? std::string{} : events.err().message));
    REQUIRE(events.ok());
    write(*events);
    return *this;
  }
  recorded_iteration& fail(const std::string& stage, std::string message) {
    return send(workflows::fail_attempt{
      stage,
      it_.stages.at(stage).attempt,
      {errc::io_error, std::move(message), 1, false}});
  }
  recorded_iteration& finish(const std::string& stage) {
    return send(workflows::finish_attempt{
      stage,
      it_.stages.at(stage).attempt,
      {{{"accuracy", "0.95"}}, {}, {}, {}},
      false});
  }
  /// Tells the loop that it is over.
  recorded_iteration& close() {
    happened(
      node_,
      {workflows::iteration_closed{it_.start.number, it_.outcome, now_}});
    return *this;
  }

  [[nodiscard]] const workflows::iteration& state() const { return it_; }

private:
  void write(const std::vector<workflows::iteration_event>& events) {
    const auto loop = node_.number("digits");
    storage::write_batch batch;
    for (const auto& event : events) {
      const auto index = it_.event_count;
      workflows::apply(plan_, it_, event);
      storage::record(batch, loop, it_.start.number, index, event);
    }
    storage::put_summary(batch, loop, workflows::summarize(it_));
    node_.commit(batch);
  }

  fake_node& node_;
  workflows::loop_definition plan_;
  workflows::iteration it_;
  time_point now_;
};

} // namespace ratchet::test
