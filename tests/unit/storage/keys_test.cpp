#include "storage/keys.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <vector>

using namespace ratchet;
using namespace ratchet::storage;

namespace {

constexpr auto max32 = std::numeric_limits<std::uint32_t>::max();
constexpr auto max64 = std::numeric_limits<std::uint64_t>::max();
const std::vector<std::uint32_t> small{0, 1, 255, 256, 65536, max32};
const std::vector<std::uint64_t> large{0, 1, 255, 256, 1ULL << 32U, max64};

/// The moment after 1970 that `n` stands for.
time_point time_of(std::uint64_t n) {
  constexpr std::uint64_t last = std::numeric_limits<std::int64_t>::max();
  return from_ms(static_cast<std::int64_t>(std::min(n, last)));
}

/// `keys` were made in logical order.
void check_sorted(const std::vector<std::string>& keys) {
  CHECK(std::is_sorted(keys.begin(), keys.end()));
  CHECK(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
}

bool inside(const key_range& range, const std::string& key) {
  return range.from <= key && key < range.to;
}

} // namespace

TEST_CASE("the order of keys is the order of what they name", "[storage]") {
  std::vector<std::string> blocks;
  std::vector<std::string> loop_events;
  std::vector<std::string> iteration_events;
  std::vector<std::string> iterations;
  std::vector<std::string> sleepers;
  std::vector<std::string> versions;
  std::vector<std::string> rollbacks;
  std::vector<std::string> audits;
  for (const auto loop : small)
    for (const auto n : large) {
      blocks.push_back(block_key{{loop}, {n}}.encode());
      loop_events.push_back(loop_event_key{{loop}, n}.encode());
      iterations.push_back(iteration_key{{loop}, {n}}.encode());
      sleepers.push_back(sleeper_key{{loop}, {n}}.encode());
      versions.push_back(version_key{{loop}, {n}}.encode());
      rollbacks.push_back(rollback_key{{loop}, {n}}.encode());
      for (const auto index : large)
        audits.push_back(audit_key{{loop}, time_of(n), index}.encode());
      for (const auto index : small)
        iteration_events.push_back(
          iteration_event_key{{loop}, {n}, index}.encode());
    }
  check_sorted(blocks);
  check_sorted(loop_events);
  check_sorted(iteration_events);
  check_sorted(iterations);
  check_sorted(sleepers);
  check_sorted(audits);
  check_sorted(versions);
  check_sorted(rollbacks);

  std::vector<std::string> aliases;
  for (const auto loop : small)
    for (const auto* name : {"a", "a\x01", "aa", "b"})
      aliases.push_back(alias_key{{loop}, name}.encode());
  check_sorted(aliases);
}

TEST_CASE("a key reads back as what it was made of", "[storage]") {
  for (const auto loop : small)
    for (const auto n : large) {
      const auto block = block_key::decode(block_key{{loop}, {n}}.encode());
      REQUIRE(block.ok());
      CHECK(block->loop.value == loop);
      CHECK(block->first.value == n);
      const auto event = iteration_event_key::decode(
        iteration_event_key{{loop}, {n}, 7}.encode());
      REQUIRE(event.ok());
      CHECK(event->loop.value == loop);
      CHECK(event->iteration.value == n);
      CHECK(event->index == 7);
    }
  const auto audit =
    audit_key::decode(audit_key{{3}, from_ms(1'790'000'000'000), 17}.encode());
  REQUIRE(audit.ok());
  CHECK(audit->loop.value == 3);
  CHECK(audit->at == from_ms(1'790'000'000'000));
  CHECK(audit->index == 17);
  const auto dates = definition_dates_key::decode(
    definition_dates_key{{3}, "0123abcd"}.encode());
  REQUIRE(dates.ok());
  CHECK(dates->fingerprint == "0123abcd");
  const auto alias = alias_key::decode(alias_key{{3}, "champion"}.encode());
  REQUIRE(alias.ok());
  CHECK(alias->loop.value == 3);
  CHECK(alias->name == "champion");
  const auto rollback = rollback_key::decode(rollback_key{{3}, {9}}.encode());
  REQUIRE(rollback.ok());
  CHECK(rollback->loop.value == 3);
  CHECK(rollback->version.value == 9);
  CHECK_FALSE(version_key::decode(rollback_key{{3}, {9}}.encode()).ok());
  const auto name = loop_name_key::decode(loop_name_key{"digits"}.encode());
  REQUIRE(name.ok());
  CHECK(name->name == "digits");
}

TEST_CASE("a range holds the keys of its loop and no others", "[storage]") {
  for (const auto loop : small) {
    const auto range = block_key::within({loop});
    for (const auto other : small)
      for (const auto n : large) {
        CAPTURE(loop, other, n);
        CHECK(
          inside(range, block_key{{other}, {n}}.encode()) == (loop == other));
      }
    CHECK_FALSE(inside(range, loop_event_key{{loop}, 1}.encode()));
  }
}

TEST_CASE("what is no key of a type is refused", "[storage]") {
  const auto good = block_key{{1}, {2}}.encode();
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_FALSE(block_key::decode(good.substr(0, size)).ok());
  CHECK_FALSE(block_key::decode(good + "x").ok());
  CHECK_FALSE(loop_event_key::decode(good).ok());
  CHECK(block_key::decode("").err().code == errc::corruption);
  CHECK_FALSE(alias_key::decode(alias_key{{1}, ""}.encode()).ok());
}
