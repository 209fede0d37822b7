#include "storage/history.hpp"

#include "history_fixture.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>

using namespace ratchet;
using namespace ratchet::storage;
using test::feedback;
using test::history_fixture;
using test::interaction;
using test::make_batch;

// The history against something obviously right: maps. Random bodies with
// repeated and conflicting ids, groups in flight, failures, retention,
// restarts with and without the index, small tails and blocks so that all the
// machinery turns, and hashes cut down to a few bits so that they collide.

namespace {

struct model_loop {
  loop_number number;
  std::vector<event> events; ///< All ever accepted; sequence is position + 1.
  std::uint64_t first = 1;
};

class model {
public:
  explicit model(unsigned seed, history_options options)
      : random_(seed), real_(options) {
    for (const auto* name : {"one", "two"})
      loops_[name].number = real_.add_loop(name);
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      switch (pick(12)) {
      case 0:
        abandon();
        break;
      case 1:
        retain();
        break;
      case 2:
        pick(4) == 0 ? real_.reopen_without_index() : real_.reopen();
        break;
      default:
        append(1 + pick(3));
      }
      check_some();
    }
    check_all();
    real_.reopen();
    check_all();
    real_.reopen_without_index();
    check_all();
  }

private:
  unsigned pick(unsigned below) { return random_() % below; }
  const std::string& some_loop() {
    return std::next(loops_.begin(), pick(2))->first;
  }
  event some_event() {
    const auto id = std::to_string(pick(60));
    const auto subject = "s" + std::to_string(pick(8));
    // The content mostly follows from the id: repeats are duplicates.
    const auto label = std::to_string(pick(10) == 0 ? 1 : 0);
    if (pick(2) == 0)
      return feedback(id, std::to_string(pick(2) * 7), label);
    return interaction(id, label == "1" ? subject : "");
  }

  /// What the model says to a body, given what came before.
  append_outcome expect(model_loop& loop, const std::vector<event>& body) {
    append_outcome out;
    std::uint32_t index = 0;
    for (const auto& e : body) {
      const auto* known = find(loop, e.kind, e.id);
      if (known == nullptr) {
        loop.events.push_back(e);
        ++out.accepted;
      } else if (*known == e) {
        ++out.duplicates;
      } else {
        out.conflicts.push_back({index, e.id});
      }
      ++index;
    }
    out.end = {loop.events.size()};
    return out;
  }
  const event*
  find(const model_loop& loop, event_kind kind, const std::string& id) const {
    for (auto i = loop.first; i <= loop.events.size(); ++i)
      if (loop.events[i - 1].kind == kind && loop.events[i - 1].id == id)
        return &loop.events[i - 1];
    return nullptr;
  }

  void stage_some() {
    for (auto bodies = 1 + pick(3); bodies > 0; --bodies) {
      const auto name = some_loop();
      std::vector<event> body;
      for (auto n = pick(6); n > 0; --n)
        body.push_back(some_event());
      const auto real = real_.stage(make_batch(name, body));
      const auto expected = expect(loops_[name], body);
      REQUIRE(real.accepted == expected.accepted);
      REQUIRE(real.duplicates == expected.duplicates);
      REQUIRE(real.conflicts.size() == expected.conflicts.size());
      for (std::size_t i = 0; i < real.conflicts.size(); ++i) {
        REQUIRE(
          real.conflicts[i].body_index == expected.conflicts[i].body_index);
        REQUIRE(real.conflicts[i].id == expected.conflicts[i].id);
      }
      REQUIRE(real.end == expected.end);
    }
  }
  void append(unsigned groups) {
    std::vector<write_batch> sealed(groups);
    for (auto& batch : sealed) {
      stage_some();
      real_.log->seal(batch);
    }
    for (const auto& batch : sealed) {
      REQUIRE(real_.db->commit(batch).ok());
      real_.log->committed();
    }
  }
  void abandon() {
    const auto before = loops_;
    stage_some();
    if (pick(2) == 0) {
      write_batch batch;
      real_.log->seal(batch);
      stage_some();
    }
    real_.log->abandoned();
    loops_ = before;
  }
  void retain() {
    const auto name = some_loop();
    auto& loop = loops_[name];
    real_.retain(loop.number, {pick(1 + loop.events.size() + 2)});
    // Which block it falls into is not the model's business.
    loop.first = real_.log->first(loop.number).value;
  }

  void check_some() {
    const auto name = some_loop();
    const auto& loop = loops_[name];
    for (const auto kind : {event_kind::interaction, event_kind::feedback}) {
      const auto id = std::to_string(pick(60));
      const auto found = real_.log->find(loop.number, kind, id);
      REQUIRE(found.ok());
      const auto* expected = find(loop, kind, id);
      REQUIRE(found->has_value() == (expected != nullptr));
      if (expected != nullptr)
        REQUIRE((**found).content == *expected);
    }
  }
  void check_all() {
    for (const auto& [name, loop] : loops_) {
      const auto events = real_.all(loop.number);
      REQUIRE(events.size() == loop.events.size() - (loop.first - 1));
      for (std::size_t i = 0; i < events.size(); ++i) {
        REQUIRE(events[i].seq.value == loop.first + i);
        REQUIRE(events[i].content == loop.events[loop.first + i - 1]);
      }
      const auto expect_seqs = [&](auto is_it) {
        std::vector<std::uint64_t> out;
        for (auto i = loop.first; i <= loop.events.size(); ++i)
          if (is_it(loop.events[i - 1]))
            out.push_back(i);
        return out;
      };
      const auto seqs_of = [](const std::vector<stored_event>& found) {
        std::vector<std::uint64_t> out;
        for (const auto& e : found)
          out.push_back(e.seq.value);
        return out;
      };
      for (const auto* id : {"0", "7"})
        REQUIRE(
          seqs_of(real_.log->feedback_of(loop.number, id).value()) ==
          expect_seqs([&](const event& e) { return e.interaction_id == id; }));
      for (int s = 0; s < 8; ++s) {
        const auto subject = "s" + std::to_string(s);
        REQUIRE(
          seqs_of(real_.log->of_subject(loop.number, subject, {})->events) ==
          expect_seqs([&](const event& e) { return e.subject == subject; }));
      }
    }
  }

  std::mt19937 random_;
  history_fixture real_;
  std::map<std::string, model_loop> loops_;
};

} // namespace

TEST_CASE(
  "the history agrees with maps over random operations",
  "[storage][history][model]") {
  const auto seed = Catch::rngSeed() + GENERATE(1U, 2U, 3U, 4U);
  // Repeat with: unit_storage "[model]" --rng-seed <seed - n>
  CAPTURE(seed);
  history_options options;
  options.block_bytes = 100;
  options.index_tail_entries = 16;
  options.hash_mask = seed % 2 == 0 ? ~std::uint64_t{0} : 7;
  model{seed, options}.run(150);
}
