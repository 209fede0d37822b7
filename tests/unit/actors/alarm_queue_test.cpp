#include "actors/detail/alarm_queue.hpp"

#include "tests/unit/workflows/seeds.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

using namespace ratchet;
using actors::detail::alarm_queue;

namespace {

struct set_alarm {
  std::uint64_t listener = 0;
  time_point at;
  std::uint64_t token = 0;
};

/// The obviously right queue: a list in the order of setting, searched.
struct model {
  std::vector<set_alarm> alarms;

  void forget(std::uint64_t listener) {
    std::erase_if(
      alarms, [&](const auto& each) { return each.listener == listener; });
  }
  std::optional<set_alarm> pop_due(time_point now) {
    const auto first = std::min_element(
      alarms.begin(), alarms.end(),
      [](const auto& a, const auto& b) { return a.at < b.at; });
    if (first == alarms.end() || first->at > now)
      return std::nullopt;
    auto out = *first;
    alarms.erase(first);
    return out;
  }
};

std::string compare_pop(
  alarm_queue<std::uint64_t>& queue, model& expected, time_point now) {
  const auto alarm = queue.pop_due(now);
  const auto wanted = expected.pop_due(now);
  if (alarm.has_value() != wanted.has_value())
    return wanted ? "an alarm that is due did not come" : "one came early";
  if (alarm && (alarm->token != wanted->token || alarm->at != wanted->at))
    return "token " + std::to_string(alarm->token) + " came before " +
      std::to_string(wanted->token);
  if (alarm && alarm->listener != wanted->listener)
    return "another listener was told";
  return {};
}

std::string run_trial(std::uint64_t seed) {
  workflows::testing::dice random{seed};
  alarm_queue<std::uint64_t> queue;
  model expected;
  auto now = from_ms(1'000);
  for (std::uint64_t step = 0; step < 400; ++step) {
    const auto listener = random.below(6);
    switch (random.below(8)) {
    case 0:
      queue.forget(listener);
      expected.forget(listener);
      break;
    case 1:
    case 2:
      now += duration{random.below(20)};
      if (auto wrong = compare_pop(queue, expected, now); !wrong.empty())
        return wrong;
      break;
    default: {
      const auto at = now + duration{random.below(60)} - duration{10};
      queue.set(listener, listener, at, step);
      expected.alarms.push_back({listener, at, step});
    }
    }
    if (queue.size() != expected.alarms.size())
      return "the queue has lost count";
    if (queue.next().has_value() == expected.alarms.empty())
      return "the next alarm is not to be seen";
  }
  while (!expected.alarms.empty())
    if (auto wrong = compare_pop(queue, expected, now + duration{100});
        !wrong.empty())
      return wrong;
  return {};
}

} // namespace

TEST_CASE("alarms come as from a sorted list", "[actors][timers][model]") {
  CHECK(
    workflows::testing::first_failure(
      "alarms come as from a sorted list", 300, run_trial, "unit_actors") ==
    "");
}

TEST_CASE(
  "alarms that were taken back are not kept for long", "[actors][timers]") {
  alarm_queue<int> queue;
  queue.set(0, 0, from_ms(1'000'000), 0);
  for (std::uint64_t i = 1; i <= 10'000; ++i) {
    queue.set(i, 0, from_ms(2'000'000), i);
    queue.forget(i);
  }
  CHECK(queue.size() == 1);
  CHECK(queue.entries() < 200);
}
