#include "analysis/join.hpp"

#include "analysis/hash.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace std::chrono_literals;

namespace {

/// A history held in memory, all of which can be looked up at once, as the
/// store's index is ahead of a reader that is behind.
class memory_history final : public join_lookup {
public:
  void add(event content, time_point received = {}) {
    const sequence seq{events_.size() + 1};
    events_.push_back(std::make_shared<const stored_event>(
      stored_event{seq, received, std::move(content)}));
  }
  void interaction(std::string id, time_point received = {}) {
    event e;
    e.kind = event_kind::interaction;
    e.id = std::move(id);
    add(std::move(e), received);
  }
  void feedback(
    std::string id, std::string interaction_id, time_point received = {}) {
    event e;
    e.kind = event_kind::feedback;
    e.id = std::move(id);
    e.interaction_id = std::move(interaction_id);
    add(std::move(e), received);
  }
  [[nodiscard]] const std::vector<event_ptr>& events() const { return events_; }

  [[nodiscard]] result<event_ptr>
  find_interaction(const std::string& id) const override {
    if (broken)
      return error{errc::io_error, "disk gone"};
    for (const auto& e : events_)
      if (e->content.kind == event_kind::interaction && e->content.id == id)
        return e;
    return event_ptr{};
  }
  [[nodiscard]] result<std::vector<event_ptr>>
  feedback_of(const std::string& id) const override {
    if (broken)
      return error{errc::io_error, "disk gone"};
    std::vector<event_ptr> found;
    // Last first: the join must not rely on an order.
    for (auto it = events_.rbegin(); it != events_.rend(); ++it)
      if (
        (*it)->content.kind == event_kind::feedback &&
        (*it)->content.interaction_id == id)
        found.push_back(*it);
    return found;
  }

  bool broken = false;

private:
  std::vector<event_ptr> events_;
};

std::vector<joined_pair>
joined_at(const memory_history& h, std::size_t seq, duration window = 1h) {
  auto pairs = join(h.events()[seq - 1], h, window);
  REQUIRE(pairs.ok());
  return *pairs;
}

} // namespace

TEST_CASE("feedback joins at the later of the two places", "[join]") {
  memory_history h;
  h.interaction("a");   // 1
  h.feedback("f", "b"); // 2
  h.feedback("g", "a"); // 3
  h.feedback("e", "b"); // 4
  h.interaction("b");   // 5
  CHECK(joined_at(h, 1).empty());
  CHECK(joined_at(h, 2).empty());
  REQUIRE(joined_at(h, 3).size() == 1);
  CHECK(joined_at(h, 3)[0].interaction->content.id == "a");
  CHECK(joined_at(h, 3)[0].position() == sequence{3});
  CHECK(joined_at(h, 4).empty());
  const auto at_b = joined_at(h, 5);
  REQUIRE(at_b.size() == 2);
  CHECK(at_b[0].feedback->content.id == "f");
  CHECK(at_b[1].feedback->content.id == "e");
  CHECK(at_b[1].position() == sequence{5});
}

TEST_CASE("a pair is late beyond the window, in either order", "[join]") {
  const auto start = from_ms(1'000'000);
  memory_history h;
  h.interaction("a", start);                    // 1
  h.feedback("in time", "a", start + 60min);    // 2
  h.feedback("late", "a", start + 60min + 1ms); // 3
  h.feedback("early", "b", start);              // 4
  h.interaction("b", start + 61min);            // 5
  CHECK_FALSE(joined_at(h, 2)[0].late);
  CHECK(joined_at(h, 3)[0].late);
  CHECK(joined_at(h, 5)[0].late);
}

TEST_CASE("a lookup's error passes through the join", "[join]") {
  memory_history h;
  h.interaction("a");
  h.feedback("f", "a");
  h.broken = true;
  for (const auto& e : h.events()) {
    const auto pairs = join(e, h, 1h);
    REQUIRE_FALSE(pairs.ok());
    CHECK(pairs.err().code == errc::io_error);
  }
}

TEST_CASE(
  "every pair joins once, in whatever order and pieces it is read",
  "[join][model]") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    std::uint64_t counter = 0;
    const auto below = [&](std::uint64_t n) {
      return to_index(draw(seed, counter++), n);
    };
    // Interactions 0 to 7, some of which never come, and feedback on them.
    memory_history h;
    std::vector<std::pair<bool, std::uint64_t>> order;
    for (std::uint64_t i = 0; i < 8; ++i) {
      if (below(5) > 0)
        order.emplace_back(true, i);
      for (auto f = below(4); f > 0; --f)
        order.emplace_back(false, i);
    }
    for (auto i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[below(i)]);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto about = "i" + std::to_string(order[i].second);
      if (order[i].first)
        h.interaction(about);
      else
        h.feedback("f" + std::to_string(i), about);
    }
    // The model: every combination of an interaction and feedback on it.
    std::set<std::pair<std::string, std::string>> expected;
    for (const auto& i : h.events())
      for (const auto& f : h.events())
        if (
          i->content.kind == event_kind::interaction &&
          f->content.kind == event_kind::feedback &&
          f->content.interaction_id == i->content.id)
          expected.emplace(i->content.id, f->content.id);
    // The reader: stops at random places and goes on from its cursor.
    std::multiset<std::pair<std::string, std::string>> seen;
    std::size_t cursor = 0;
    while (cursor < h.events().size()) {
      const auto stop =
        std::min<std::size_t>(h.events().size(), cursor + 1 + below(6));
      for (; cursor < stop; ++cursor)
        for (const auto& pair : joined_at(h, cursor + 1)) {
          CHECK(pair.position() == h.events()[cursor]->seq);
          seen.emplace(pair.interaction->content.id, pair.feedback->content.id);
        }
    }
    CHECK(seen.size() == expected.size());
    CHECK(std::set(seen.begin(), seen.end()) == expected);
  }
}
