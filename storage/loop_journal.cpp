#include "storage/loop_journal.hpp"

#include "storage/detail/byte_archive.hpp"
#include "storage/detail/journal_reading.hpp"
#include "storage/detail/workflow_fields.hpp"
#include "storage/keys.hpp"
#include "storage/record.hpp"
#include "storage/workflow_codec.hpp"
#include "workflows/sleep.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace ratchet::storage {

namespace {

using detail::broken;
using detail::load;
using detail::name_of;
using detail::walk;
using detail::within;

constexpr record_version loop_number_layout{1, 1};
constexpr record_version sleeper_layout{1, 1};
constexpr record_version request_layout{1, 1};

result<loop_number> decode_loop_number(std::string_view record) {
  return detail::from_record<loop_number>(
    record_kind::loop_number, loop_number_layout.written, record);
}

result<time_point> decode_sleeper(std::string_view record) {
  return detail::from_record<time_point>(
    record_kind::sleeper, sleeper_layout.written, record);
}

result<iteration_number> decode_request(std::string_view record) {
  return detail::from_record<iteration_number>(
    record_kind::request, request_layout.written, record);
}

} // namespace

// Writing -------------------------------------------------------------------

void record(
  write_batch& batch, loop_number loop, std::uint64_t index,
  const workflows::loop_event& event) {
  batch.put(
    column::control, loop_event_key{loop, index}.encode(), encode(event));
}

void put_state(
  write_batch& batch, loop_number loop, const workflows::loop_state& state) {
  batch.put(column::control, loop_state_key{loop}.encode(), encode(state));
}

bool state_is_due(std::uint64_t before, const workflows::loop_state& after) {
  constexpr std::size_t small = 64;
  const auto interval = std::max<std::uint64_t>(
    1, (after.running.size() + after.registered.size()) / small);
  // Not a remainder: a batch may hold several events.
  return before / interval != after.event_count / interval;
}

void record(
  write_batch& batch, loop_number loop, iteration_number iteration,
  std::uint32_t index, const workflows::iteration_event& event) {
  batch.put(
    column::control, iteration_event_key{loop, iteration, index}.encode(),
    encode(event));
}

void put_summary(
  write_batch& batch, loop_number loop,
  const workflows::iteration_summary& summary) {
  batch.put(
    column::control, iteration_key{loop, summary.start.number}.encode(),
    encode(summary));
}

void put_sleeper(
  write_batch& batch, loop_number loop, iteration_number iteration,
  time_point until) {
  batch.put(
    column::control, sleeper_key{loop, iteration}.encode(),
    detail::to_record(record_kind::sleeper, sleeper_layout, until));
}

void erase_sleeper(
  write_batch& batch, loop_number loop, iteration_number iteration) {
  batch.erase(column::control, sleeper_key{loop, iteration}.encode());
}

void put_request(
  write_batch& batch, loop_number loop, const std::string& request,
  iteration_number iteration) {
  batch.put(
    column::control, request_key{loop, request}.encode(),
    detail::to_record(record_kind::request, request_layout, iteration));
}

// Loops ---------------------------------------------------------------------

result<loop_number> loop_journal::find_loop(const std::string& name) const {
  const auto what = "loop \"" + name + "\"";
  const auto found = load(
    *store_, column::meta, loop_name_key{name}.encode(), decode_loop_number,
    what);
  if (!found)
    return found.err();
  if (!*found)
    return error{errc::not_found, what + " is not in the store"};
  return **found;
}

result<std::map<std::string, loop_number>> loop_journal::loops() const {
  std::map<std::string, loop_number> found;
  auto walked = walk(
    *store_, column::meta, loop_name_key::within(), false,
    [&](std::string_view key, std::string_view bytes) -> result<bool> {
      auto name = loop_name_key::decode(key);
      if (!name)
        return name.err();
      const auto number = decode_loop_number(bytes);
      if (!number)
        return within("loop \"" + name->name + "\"", number.err());
      found.emplace(std::move(name->name), *number);
      return true;
    });
  if (!walked)
    return walked.err();
  return found;
}

result<std::vector<loop_number>> loop_journal::register_loops(
  write_batch& batch, const std::vector<std::string>& names) const {
  auto known = loops();
  if (!known)
    return known.err();
  loop_number last;
  for (const auto& [name, number] : *known)
    last = std::max(last, number);
  std::vector<loop_number> numbers;
  for (const auto& name : names) {
    const auto [place, added] = known->try_emplace(name, last.next());
    numbers.push_back(place->second);
    if (!added)
      continue;
    last = place->second;
    batch.put(
      column::meta, loop_name_key{name}.encode(),
      detail::to_record(record_kind::loop_number, loop_number_layout, last));
  }
  return numbers;
}

result<workflows::loop_state> loop_journal::load_state(loop_number loop) const {
  const auto what = name_of(loop) + ": state";
  const auto read = [&] {
    return store_->get(column::control, loop_state_key{loop}.encode());
  };
  auto bytes = read();
  if (bytes && !*bytes) {
    const auto events = loop_events(loop, 0, 1);
    if (!events)
      return events.err();
    if (events->empty())
      return workflows::loop_state{};
    // The first event and the first state come in one batch, which may have
    // been written between the two reads.
    bytes = read();
  }
  if (!bytes)
    return within(what, bytes.err());
  if (!*bytes)
    return broken(name_of(loop), "there are events, but no state");
  auto state = decode_loop_state(**bytes);
  if (!state)
    return within(what, state.err());
  // An older layout lacks what its events tell: they are folded anew.
  return fold_events(
    loop,
    is_newest_loop_state(**bytes) ? std::move(*state)
                                  : workflows::loop_state{});
}

result<std::vector<workflows::loop_event>> loop_journal::loop_events(
  loop_number loop, std::uint64_t from, std::size_t limit) const {
  std::vector<workflows::loop_event> events;
  if (limit == 0)
    return events;
  auto range = loop_event_key::within(loop);
  range.from = loop_event_key{loop, from}.encode();
  auto walked = walk(
    *store_, column::control, range, false,
    [&](std::string_view key, std::string_view bytes) -> result<bool> {
      const auto at = loop_event_key::decode(key);
      if (!at)
        return at.err();
      const auto expected = from + events.size();
      if (at->index != expected)
        return broken(
          name_of(loop),
          "event " + std::to_string(expected) +
            " is missing; the next one is " + std::to_string(at->index));
      auto event = decode_loop_event(bytes);
      if (!event)
        return within(
          name_of(loop) + ": event " + std::to_string(expected), event.err());
      events.push_back(std::move(*event));
      return events.size() < limit;
    });
  if (!walked)
    return walked.err();
  return events;
}

// Iterations ----------------------------------------------------------------

result<std::vector<workflows::iteration_event>> loop_journal::iteration_events(
  loop_number loop, iteration_number iteration) const {
  const auto name = name_of(loop, iteration);
  std::vector<workflows::iteration_event> events;
  auto walked = walk(
    *store_, column::control, iteration_event_key::within(loop, iteration),
    false, [&](std::string_view key, std::string_view bytes) -> result<bool> {
      const auto at = iteration_event_key::decode(key);
      if (!at)
        return at.err();
      const auto expected = std::to_string(events.size());
      if (at->index != events.size())
        return broken(
          name,
          "event " + expected + " is missing; the next one is " +
            std::to_string(at->index));
      auto event = decode_iteration_event(bytes);
      if (!event)
        return within(name + ": event " + expected, event.err());
      const auto* start = std::get_if<workflows::iteration_started>(&*event);
      if ((start != nullptr) != events.empty())
        return broken(
          name,
          "event " + expected +
            (start != nullptr ? " is a second start" : " is no start"));
      if (start != nullptr && start->number != iteration)
        return broken(
          name,
          "its journal begins with the start of iteration " +
            std::to_string(start->number.value));
      events.push_back(std::move(*event));
      return true;
    });
  if (!walked)
    return walked.err();
  if (events.empty())
    return error{errc::not_found, name + " is not in the store"};
  return events;
}

result<workflows::iteration_event> loop_journal::iteration_event(
  loop_number loop, iteration_number iteration, std::uint32_t index) const {
  const auto what =
    name_of(loop, iteration) + ": event " + std::to_string(index);
  auto found = load(
    *store_, column::control,
    iteration_event_key{loop, iteration, index}.encode(),
    decode_iteration_event, what);
  if (!found)
    return found.err();
  if (!*found)
    return error{errc::not_found, what + " is not in the store"};
  return std::move(**found);
}

result<workflows::iteration> loop_journal::load_iteration(
  loop_number loop, iteration_number iteration,
  const workflows::loop_definition& plan) const {
  const auto events = iteration_events(loop, iteration);
  if (!events)
    return events.err();
  workflows::iteration it;
  for (const auto& event : *events)
    workflows::apply(plan, it, event);
  return it;
}

result<iteration_number>
loop_journal::find_request(loop_number loop, const std::string& request) const {
  const auto found = load(
    *store_, column::control, request_key{loop, request}.encode(),
    decode_request, name_of(loop) + ": request \"" + request + "\"");
  if (!found)
    return found.err();
  return found->value_or(iteration_number{});
}

result<workflows::iteration_summary>
loop_journal::load_summary(loop_number loop, iteration_number iteration) const {
  const auto what = name_of(loop, iteration) + ": summary";
  auto found = load(
    *store_, column::control, iteration_key{loop, iteration}.encode(),
    decode_iteration_summary, what);
  if (!found)
    return found.err();
  if (!*found)
    return error{errc::not_found, what + " is not in the store"};
  return std::move(**found);
}

result<std::vector<workflows::iteration_summary>> loop_journal::summaries(
  loop_number loop, iteration_number before, std::size_t limit) const {
  std::vector<workflows::iteration_summary> found;
  if (limit == 0)
    return found;
  auto range = iteration_key::within(loop);
  if (before.value != 0)
    range.to = iteration_key{loop, before}.encode();
  auto walked = walk(
    *store_, column::control, range, true,
    [&](std::string_view key, std::string_view bytes) -> result<bool> {
      const auto at = iteration_key::decode(key);
      if (!at)
        return at.err();
      auto summary = decode_iteration_summary(bytes);
      if (!summary)
        return within(
          name_of(loop, at->iteration) + ": summary", summary.err());
      found.push_back(std::move(*summary));
      return found.size() < limit;
    });
  if (!walked)
    return walked.err();
  return found;
}

result<std::map<iteration_number, time_point>>
loop_journal::sleepers(loop_number loop) const {
  std::map<iteration_number, time_point> found;
  auto walked = walk(
    *store_, column::control, sleeper_key::within(loop), false,
    [&](std::string_view key, std::string_view bytes) -> result<bool> {
      const auto at = sleeper_key::decode(key);
      if (!at)
        return at.err();
      const auto until = decode_sleeper(bytes);
      if (!until)
        return within(name_of(loop, at->iteration) + ": sleep", until.err());
      found.emplace_hint(found.end(), at->iteration, *until);
      return true;
    });
  if (!walked)
    return walked.err();
  return found;
}

// Checking ------------------------------------------------------------------

result<workflows::loop_state>
loop_journal::fold_events(loop_number loop, workflows::loop_state state) const {
  constexpr std::size_t page = 1000;
  while (true) {
    const auto events = loop_events(loop, state.event_count, page);
    if (!events)
      return events.err();
    for (const auto& event : *events)
      workflows::apply(state, event);
    if (events->size() < page)
      return state;
  }
}

result<void> loop_journal::verify_iteration(
  loop_number loop, iteration_number iteration,
  const std::map<iteration_number, time_point>& asleep) const {
  const auto name = name_of(loop, iteration);
  const auto summary = load_summary(loop, iteration);
  if (!summary)
    return broken(name, summary.err().message);
  const auto& fingerprint = summary->start.fingerprint;
  const auto plan = load_definition(loop, fingerprint);
  if (!plan)
    return broken(name, plan.err().message);
  if (const auto found = workflows::fingerprint(*plan); found != fingerprint)
    return broken(
      name, "its definition " + fingerprint + " has fingerprint " + found);
  const auto folded = load_iteration(loop, iteration, *plan);
  if (!folded)
    return broken(name, folded.err().message);
  // The summary of a running one may lag behind: it is written when an
  // iteration starts or ends.
  const bool same = folded->outcome == workflows::iteration_outcome::running
    ? folded->start == summary->start
    : workflows::summarize(*folded) == *summary;
  if (!same)
    return broken(name, "its summary is not that of its journal");
  if (const auto sleeper = asleep.find(iteration); sleeper != asleep.end() &&
      workflows::asleep_until(*folded) != sleeper->second)
    return broken(name, "it is kept as asleep, and its journal says otherwise");
  return {};
}

result<void> loop_journal::verify(loop_number loop) const {
  const auto folded = fold_events(loop, {});
  if (!folded)
    return folded.err();
  const auto stored = load_state(loop);
  if (!stored)
    return stored.err();
  if (*stored != *folded)
    return broken(name_of(loop), "its state is not the fold of its events");
  const auto asleep = sleepers(loop);
  if (!asleep)
    return asleep.err();
  for (iteration_number n{1}; n <= stored->last_iteration; n = n.next())
    if (auto sound = verify_iteration(loop, n, *asleep); !sound)
      return sound;
  return {};
}

} // namespace ratchet::storage
