#include "storage/page_lookup.hpp"

#include "history_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <set>

using namespace ratchet;
using namespace ratchet::storage;
using namespace std::chrono_literals;

namespace {

using pair_ids = std::pair<std::string, std::string>;

/// Interactions 0 to 59, some of which never come, and feedback on them, in
/// random order.
std::vector<event> random_events(std::mt19937_64& random) {
  std::vector<event> events;
  for (int i = 0; i < 60; ++i) {
    const auto id = "i" + std::to_string(i);
    if (random() % 5 > 0)
      events.push_back(test::interaction(id));
    for (auto f = random() % 4; f > 0; --f)
      events.push_back(test::feedback("f" + std::to_string(events.size()), id));
  }
  std::shuffle(events.begin(), events.end(), random);
  return events;
}

std::multiset<pair_ids> all_pairs(const std::vector<event>& events) {
  std::multiset<pair_ids> out;
  for (const auto& i : events)
    for (const auto& f : events)
      if (
        i.kind == event_kind::interaction && f.kind == event_kind::feedback &&
        f.interaction_id == i.id)
        out.emplace(i.id, f.id);
  return out;
}

std::multiset<pair_ids> joined_by_pages(
  const history& from, loop_number loop, std::size_t events_a_page) {
  std::multiset<pair_ids> out;
  sequence cursor;
  for (bool more = true; more;) {
    auto page = from.read(loop, cursor, {.events = events_a_page});
    REQUIRE(page.ok());
    cursor = page->next;
    more = !page->at_end;
    const auto lookup = page_lookup::make(from, loop, std::move(*page));
    REQUIRE(lookup.ok());
    for (const auto& e : lookup->events()) {
      const auto pairs = analysis::join(e, *lookup, 1h);
      REQUIRE(pairs.ok());
      for (const auto& pair : *pairs) {
        CHECK(pair.position() == e->seq);
        out.emplace(pair.interaction->content.id, pair.feedback->content.id);
      }
    }
  }
  return out;
}

} // namespace

TEST_CASE(
  "every pair joins once, in pages of any size", "[storage][join][model]") {
  // Tails of 16 entries put most of the index into runs; few bits of hash
  // make lookups meet entries that are not theirs.
  const auto mask = GENERATE(~std::uint64_t{0}, std::uint64_t{0x1F});
  for (unsigned seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed, mask);
    std::mt19937_64 random{seed};
    test::history_fixture it{{.index_tail_entries = 16, .hash_mask = mask}};
    const auto loop = it.add_loop("digits");
    const auto other = it.add_loop("other");
    const auto events = random_events(random);
    for (std::size_t at = 0; at < events.size();) {
      const auto count =
        std::min<std::size_t>(1 + random() % 9, events.size() - at);
      const std::vector<event> some(
        events.begin() + static_cast<std::ptrdiff_t>(at),
        events.begin() + static_cast<std::ptrdiff_t>(at + count));
      it.append(test::make_batch("digits", some));
      it.append(test::make_batch(
        "other", some)); // The same ids, and none of our business.
      at += count;
    }
    const auto expected = all_pairs(events);
    for (const std::size_t size : {1, 7, 64, 1000}) {
      CAPTURE(size);
      CHECK(joined_by_pages(*it.log, loop, size) == expected);
    }
    CHECK(joined_by_pages(*it.log, other, 10) == expected);
  }
}
