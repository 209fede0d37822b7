#include "driver.hpp"

#include "storage/event_batch.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "storage/monitor_store.hpp"
#include "storage/workflow_codec.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <thread>
#include <utility>

namespace ratchet::test {

namespace {

using namespace std::chrono_literals;

/// How long the script waits for one thing.
constexpr auto patience = 30s;

template <class T>
T value_or_give_up(result<T> read) {
  if (!read)
    give_up(read.err().message);
  return std::move(*read);
}

void add(
  storage::event_batch& batch, storage::event_view view,
  const std::string& id) {
  view.id = id;
  batch.add(view, static_cast<std::uint32_t>(batch.slots.size()));
}

} // namespace

void give_up(const std::string& why) {
  std::cerr << "crash_points: " << why << std::endl;
  std::_Exit(3);
}

void driver::feedback(
  const std::string& loop, const std::string& channel, int from, int to,
  version_number version) {
  storage::event_batch batch;
  batch.loop = loop;
  batch.received = from_ms(1000);
  for (int i = from; i <= to; ++i) {
    const auto name = "i" + std::to_string(i);
    storage::event_view served;
    served.kind = event_kind::interaction;
    served.input = "[1]";
    served.version = version;
    add(batch, served, name);
    storage::event_view said;
    said.kind = event_kind::feedback;
    said.interaction_id = name;
    said.channel = channel;
    said.value = true;
    add(batch, said, "f" + std::to_string(i));
  }
  append(std::move(batch));
}

void driver::append(storage::event_batch batch) {
  std::promise<result<storage::append_outcome>> answered;
  node_.append(std::move(batch), [&answered](auto outcome) {
    answered.set_value(std::move(outcome));
  });
  const auto outcome = value_or_give_up(answered.get_future().get());
  if (!outcome.conflicts.empty())
    give_up("an event that was sent again is a conflict");
}

void driver::act(const std::string& id, actors::operator_request wish) {
  wish.who = "script";
  wish.reason = id + ";";
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!is_recorded(wish)) {
    std::promise<result<actors::operator_answer>> answered;
    node_.request(wish, [&answered](auto answer) {
      answered.set_value(std::move(answer));
    });
    const auto answer = answered.get_future().get();
    if (answer)
      return;
    // An iteration that is just closing asks to be asked again.
    if (
      answer.err().code != errc::unavailable ||
      std::chrono::steady_clock::now() > deadline)
      give_up(id + " was refused: " + answer.err().message);
  }
}

void driver::call(
  const std::string& loop, const std::string& webhook, const std::string& key) {
  std::promise<result<actors::operator_answer>> answered;
  node_.request(
    {.verb = actors::operator_verb::webhook,
     .loop = loop,
     .hook = {webhook, key, "{}"}},
    [&answered](auto answer) { answered.set_value(std::move(answer)); });
  (void)value_or_give_up(answered.get_future().get());
}

void driver::trigger(const std::string& loop, std::uint64_t number) {
  if (state(loop).last_iteration.value >= number)
    return;
  act(
    "trigger " + std::to_string(number),
    {.verb = actors::operator_verb::trigger, .loop = loop});
}

void driver::until(
  const std::string& what, const std::function<bool()>& reached) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!reached()) {
    if (std::chrono::steady_clock::now() > deadline)
      give_up("waited too long until " + what);
    // tidy: allow banned-call, because this polls a condition.
    std::this_thread::sleep_for(1ms);
  }
}

void driver::until_counted(const std::string& loop) const {
  const auto of = number_of(loop);
  until("the feedback on " + loop + " is counted", [&] {
    const auto counted = storage::load_monitor_cursor(node_.store(), of);
    return value_or_give_up(counted) >= node_.history().end(of);
  });
}

void driver::until_ended(const std::string& loop, std::uint64_t number) const {
  until("iteration " + std::to_string(number) + " of " + loop + " ends", [&] {
    const auto now = state(loop);
    return now.last_iteration.value >= number &&
      !now.running.contains(iteration_number{number});
  });
}

void driver::until_stage(
  const std::string& loop, std::uint64_t number, const std::string& stage,
  workflows::stage_status status) const {
  until("stage " + stage + " is " + std::string{to_string(status)}, [&] {
    const auto seen = iteration(loop, number);
    if (!seen)
      return false;
    const auto found = seen->stages.find(stage);
    return seen->outcome != workflows::iteration_outcome::running ||
      (found != seen->stages.end() &&
       (found->second.status == status ||
        workflows::is_final(found->second.status)));
  });
}

workflows::loop_state driver::state(const std::string& loop) const {
  return value_or_give_up(node_.journal().load_state(number_of(loop)));
}

std::optional<workflows::iteration>
driver::iteration(const std::string& loop, std::uint64_t number) const {
  const auto of = number_of(loop);
  const auto summary =
    node_.journal().load_summary(of, iteration_number{number});
  if (!summary)
    return std::nullopt;
  const auto plan = value_or_give_up(
    node_.journal().load_definition(of, summary->start.fingerprint));
  return value_or_give_up(
    node_.journal().load_iteration(of, iteration_number{number}, plan));
}

loop_number driver::number_of(const std::string& loop) const {
  return value_or_give_up(node_.journal().find_loop(loop));
}

/// In the journal of whom it is about: an ended iteration is reopened by its
/// loop first, with the same reason, before the wish itself is decided on.
bool driver::is_recorded(const actors::operator_request& wish) const {
  const auto of = number_of(wish.loop);
  const auto has_reason = [&wish](const auto& events) {
    return std::any_of(events.begin(), events.end(), [&wish](const auto& e) {
      return storage::encode(e).find(wish.reason) != std::string::npos;
    });
  };
  if (wish.iteration.value != 0)
    return has_reason(
      value_or_give_up(node_.journal().iteration_events(of, wish.iteration)));
  return has_reason(value_or_give_up(
    node_.journal().loop_events(of, 0, state(wish.loop).event_count)));
}

} // namespace ratchet::test
