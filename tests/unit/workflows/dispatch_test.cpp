#include "workflows/dispatch.hpp"

#include "seeds.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::workflows;

namespace {

using names = std::vector<std::string>;

/// "b3" is the third attempt of loop "b".
slot_claim
of(const std::string& attempt, std::string label = {}, std::uint32_t p = 0) {
  slot_claim claim;
  claim.attempt = attempt;
  claim.loop = attempt.substr(0, 1);
  claim.label = std::move(label);
  claim.priority = p;
  return claim;
}

slot_claim bounded(const std::string& attempt, std::uint32_t limit) {
  auto claim = of(attempt);
  claim.loop_limit = limit;
  return claim;
}

names grant_all(dispatcher& slots) {
  names out;
  while (auto next = slots.grant())
    out.push_back(*next);
  return out;
}

/// One slot, given on and on: who gets it, in which order?
names turns(dispatcher& slots) {
  names out;
  while (auto next = slots.grant()) {
    slots.release(*next);
    out.push_back(*next);
  }
  return out;
}

} // namespace

TEST_CASE("no more attempts run than there are slots", "[dispatch]") {
  dispatcher slots{{.slots = 2}};
  for (const auto* attempt : {"a1", "a2", "a3"})
    slots.claim(of(attempt));
  CHECK(grant_all(slots) == names{"a1", "a2"});
  CHECK(slots.holds("a2"));
  CHECK(slots.waits("a3"));
  slots.release("a1");
  CHECK(grant_all(slots) == names{"a3"});
}

TEST_CASE(
  "a label with a limit has slots of its own, others share", "[dispatch]") {
  dispatcher slots{{.slots = 1, .labels = {{"gpu", 1}}}};
  slots.claim(of("a1", "gpu"));
  slots.claim(of("a2", "gpu"));
  slots.claim(of("a3", "cpu"));
  slots.claim(of("a4"));
  CHECK(grant_all(slots) == names{"a1", "a3"});
  slots.release("a3");
  CHECK(grant_all(slots) == names{"a4"});
  const auto pools = slots.pools();
  REQUIRE(pools.size() == 2);
  CHECK(pools[0].held == 1);
  CHECK(pools[1].label == "gpu");
  CHECK(pools[1].held == 1);
  CHECK(pools[1].waiting == 1);
}

TEST_CASE("a loop runs no more attempts than it may", "[dispatch]") {
  dispatcher slots{{.slots = 9, .labels = {{"gpu", 9}}}};
  for (const auto* attempt : {"a1", "a2"})
    slots.claim(bounded(attempt, 2));
  auto third = bounded("a3", 2);
  third.label = "gpu";
  slots.claim(third);
  slots.claim(of("b1"));
  // Over both pools, and then the oldest choice first.
  CHECK(grant_all(slots) == names{"a1", "a3", "b1"});
  slots.release("a1");
  CHECK(grant_all(slots) == names{"a2"});

  // The limit said last holds for all that wait.
  slots.claim(bounded("a4", 2));
  CHECK(grant_all(slots).empty());
  slots.claim(bounded("a5", 4));
  CHECK(grant_all(slots) == names{"a4", "a5"});
}

TEST_CASE("a busy loop does not starve another", "[dispatch]") {
  dispatcher slots{{.slots = 1}};
  for (int i = 0; i < 1'000; ++i)
    slots.claim(of("a" + std::to_string(i)));
  CHECK(slots.grant() == "a0");
  slots.claim(of("b0"));
  slots.claim(of("b1"));
  slots.release("a0");
  const auto order = turns(slots);
  REQUIRE(order.size() == 1'001);
  CHECK(
    names(order.begin(), order.begin() + 4) == names{"b0", "a1", "b1", "a2"});
}

TEST_CASE("slots are shared by how many a loop holds", "[dispatch]") {
  dispatcher slots{{.slots = 4}};
  for (const auto* attempt : {"a1", "a2", "a3", "a4", "a5"})
    slots.claim(of(attempt));
  grant_all(slots);
  for (const auto* attempt : {"b1", "b2", "b3"})
    slots.claim(of(attempt));
  slots.release("a1");
  slots.release("a2");
  CHECK(grant_all(slots) == names{"b1", "b2"});
  slots.release("b1");
  CHECK(grant_all(slots) == names{"b3"});
}

TEST_CASE(
  "a higher priority goes first, and every fourth turn is open to all",
  "[dispatch]") {
  dispatcher slots{{.slots = 1}};
  slots.claim(of("a1"));
  for (const auto* attempt : {"b1", "b2", "b3", "b4", "b5"})
    slots.claim(of(attempt, {}, 5));
  CHECK(turns(slots) == names{"b1", "b2", "b3", "a1", "b4", "b5"});
}

TEST_CASE(
  "within a loop the oldest of the highest priority goes first", "[dispatch]") {
  dispatcher slots{{.slots = 1}};
  auto young = of("a1");
  young.since = from_ms(20);
  auto old = of("a2");
  old.since = from_ms(10);
  slots.claim(young);
  slots.claim(old);
  slots.claim(of("a3", {}, 1));
  CHECK(turns(slots) == names{"a3", "a2", "a1"});
}

TEST_CASE("what runs already is counted, above the limit", "[dispatch]") {
  dispatcher slots{{.slots = 1}};
  slots.take(of("a1"));
  slots.take(of("b1"));
  slots.take(of("b1")); // Twice is harmless.
  slots.claim(of("c1"));
  CHECK(grant_all(slots).empty());
  slots.release("a1");
  CHECK(grant_all(slots).empty());
  slots.release("b1");
  CHECK(grant_all(slots) == names{"c1"});
}

TEST_CASE("claims and releases may come twice", "[dispatch]") {
  dispatcher slots{{.slots = 1}};
  slots.claim(of("a1"));
  slots.claim(of("a1"));
  slots.claim(of("a2"));
  slots.release("a2"); // While it waits.
  slots.release("a2");
  slots.release("never heard of");
  CHECK(grant_all(slots) == names{"a1"});
  slots.claim(of("a1")); // It holds.
  CHECK(slots.holds("a1"));
  slots.release("a1");
  slots.release("a1");
  CHECK(slots.pools().front().held == 0);
  CHECK(slots.pools().front().waiting == 0);
}

// Random loads --------------------------------------------------------------

namespace {

/// What a loop has in a pool, counted by the test itself.
struct counted {
  std::uint32_t held = 0;
  std::uint64_t turns_without = 0;      ///< While it waits and holds none.
  std::multiset<std::uint32_t> waiting; ///< Priorities.
};

class trial {
public:
  explicit trial(std::uint64_t seed)
      : random_(seed),
        limits_{
          .slots = 1 + static_cast<std::uint32_t>(random_.below(4)),
          .labels =
            {{"gpu", 1 + static_cast<std::uint32_t>(random_.below(2))}}},
        slots_(limits_), priorities_(1 + random_.below(3)),
        limit_(static_cast<std::uint32_t>(random_.below(4))) {}

  std::string run() {
    for (int i = 0; i < 300 && wrong_.empty(); ++i) {
      switch (random_.below(4)) {
      case 0:
        end_one(running_);
        break;
      case 1:
        if (random_.one_in(4)) {
          end_one(queued_);
          break;
        }
        [[fallthrough]];
      default:
        claim();
      }
      grant();
    }
    // Everything comes to its turn.
    while (wrong_.empty() && !running_.empty()) {
      end_one(running_);
      grant();
    }
    if (wrong_.empty() && !queued_.empty())
      wrong_ = "attempts wait although slots are free";
    return wrong_;
  }

private:
  struct placed {
    slot_claim claim;
    std::string pool;
  };
  using attempts = std::map<std::string, placed>;

  void claim() {
    slot_claim made;
    made.loop = std::string(1, static_cast<char>('a' + random_.below(5)));
    made.attempt = made.loop + std::to_string(++count_);
    made.label = random_.one_in(3) ? "gpu" : random_.one_in(2) ? "x" : "";
    made.priority = static_cast<std::uint32_t>(random_.below(priorities_));
    made.loop_limit = limit_;
    made.since = from_ms(static_cast<std::int64_t>(count_));
    const auto pool = made.label == "gpu" ? "gpu" : "";
    table_[pool][made.loop].waiting.insert(made.priority);
    queued_[made.attempt] = {made, pool};
    slots_.claim(made);
  }

  void end_one(attempts& from) {
    if (from.empty())
      return;
    auto it = from.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random_.below(from.size())));
    auto& loop = table_[it->second.pool][it->second.claim.loop];
    if (&from == &running_)
      --loop.held;
    else
      loop.waiting.erase(loop.waiting.find(it->second.claim.priority));
    slots_.release(it->first);
    from.erase(it);
  }

  void grant() {
    while (auto next = slots_.grant()) {
      const auto it = queued_.find(*next);
      if (it == queued_.end()) {
        wrong_ = *next + " was given a slot without a wish";
        return;
      }
      judge(it->second);
      running_.insert(queued_.extract(it));
    }
    for (const auto& [pool, loops] : table_)
      if (held_in(pool) < limit_of(pool))
        for (const auto& [name, loop] : loops)
          if (!loop.waiting.empty() && may_run_more(name))
            wrong_ = "loop " + name + " waits although a slot is free";
  }

  /// Before the slot is counted.
  void judge(const placed& chosen) {
    auto& loops = table_[chosen.pool];
    auto& winner = loops[chosen.claim.loop];
    if (held_in(chosen.pool) >= limit_of(chosen.pool))
      wrong_ = "more slots were given than there are";
    if (!may_run_more(chosen.claim.loop))
      wrong_ = "a loop was given more than it may run";
    for (auto& [name, loop] : loops) {
      if (name == chosen.claim.loop || loop.waiting.empty())
        continue;
      if (!may_run_more(name)) {
        loop.turns_without = 0;
        continue;
      }
      if (
        loop.held < winner.held &&
        loop.waiting.contains(chosen.claim.priority) &&
        *loop.waiting.rbegin() == chosen.claim.priority)
        wrong_ = "loop " + name + " holds fewer slots, and was passed over";
      if (loop.held == 0 && ++loop.turns_without >= open_turn * 5)
        wrong_ = "loop " + name + " was passed over for 4 n turns";
    }
    winner.turns_without = 0;
    winner.waiting.erase(winner.waiting.find(chosen.claim.priority));
    ++winner.held;
  }

  [[nodiscard]] std::uint32_t held_in(const std::string& pool) {
    std::uint32_t held = 0;
    for (const auto& [name, loop] : table_[pool])
      held += loop.held;
    return held;
  }
  [[nodiscard]] std::uint32_t limit_of(const std::string& pool) const {
    return pool == "gpu" ? limits_.labels.at("gpu") : limits_.slots;
  }
  [[nodiscard]] bool may_run_more(const std::string& name) {
    return limit_ == 0 ||
      table_[""][name].held + table_["gpu"][name].held < limit_;
  }

  testing::dice random_;
  slot_limits limits_;
  dispatcher slots_;
  std::size_t priorities_;
  std::uint32_t limit_;
  std::uint64_t count_ = 0;
  attempts queued_;
  attempts running_;
  std::map<std::string, std::map<std::string, counted>> table_;
  std::string wrong_;
};

} // namespace

TEST_CASE("slots are shared fairly under any load", "[dispatch][model]") {
  CHECK(
    testing::first_failure(
      "slots are shared fairly under any load", 500,
      [](std::uint64_t seed) { return trial{seed}.run(); }) == "");
}
