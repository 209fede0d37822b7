#include "actors/detail/loop_record.hpp"
#include "storage/keys.hpp"
#include "tests/unit/actors/supervisor_fixture.hpp"
#include "workflows/sleep.hpp"

using namespace ratchet;
using namespace ratchet::actors;
using namespace std::chrono_literals;
using workflows::iteration_outcome;

namespace {

constexpr iteration_number first{1};

/// A loop whose one iteration backs off for an hour.
struct fixture : test::supervisor_fixture {
  fixture() {
    const auto now = clock.now();
    workflows::iteration_requested start;
    start.number = first;
    start.fingerprint = hosted->plan->fingerprint;
    start.at = now;
    workflows::loop_state state;
    auto asked =
      actors::detail::record_loop_events(node, *hosted, state, {start}, {});
    REQUIRE(asked);
    auto& batch = *asked;
    storage::record(
      batch, hosted->number, first, 1,
      workflows::attempt_started{"wait", 1, now, now + 1h});
    storage::record(
      batch, hosted->number, first, 2,
      workflows::attempt_failed{"wait", 1, now, {}, now + 1h});
    storage::put_sleeper(batch, hosted->number, first, now + 1h);
    REQUIRE(db->commit(batch));
  }

  /// Runs until all are at rest.
  void settle() {
    spawn_lead();
    scheduler->run();
    REQUIRE(stats.iterations_asleep == 1);
    REQUIRE(stats.iterations_read_back == 0);
  }
  void ask(operator_verb verb, std::string stage = {}) {
    answers.push_back((*parent)->request(
      lead, caf::infinite,
      operator_request{
        .verb = verb,
        .loop = "a",
        .iteration = first,
        .stage = std::move(stage),
        .who = "ann"}));
  }
  /// What came of the request before all others that were not looked at.
  result<operator_answer> answer() {
    result<operator_answer> out = error{errc::timed_out, "no answer"};
    auto& next = answers.at(looked_at++);
    next.receive(
      [&](const operator_answer& good) { out = good; },
      [&](const caf::error& bad) { out = from_caf(bad); });
    return out;
  }
  void release_reads() {
    for (auto& read : std::exchange(held_reads, {}))
      read();
    scheduler->run();
  }
  [[nodiscard]] iteration_outcome outcome() const {
    return journal->load_summary(hosted->number, first)->outcome;
  }
  [[nodiscard]] bool kept_asleep() const {
    return !journal->sleepers(hosted->number)->empty();
  }

  using answer_handle =
    decltype((*parent)->request(lead, caf::infinite, operator_request{}));
  std::vector<answer_handle> answers;
  std::size_t looked_at = 0;
};

} // namespace

TEST_CASE_METHOD(
  fixture, "a sleeper is not read at the start, and is back when it is due",
  "[actors][sleep]") {
  settle();
  pass(1h - 1s);
  CHECK(stats.iterations_asleep == 1);
  CHECK(stats.iterations_read_back == 0);
  // A little earlier than it is due, and then on time.
  pass(800ms);
  CHECK(stats.iterations_asleep == 0);
  CHECK(stats.iterations_read_back == 1);
  CHECK(stats.attempts_started == 0);
  CHECK(kept_asleep());
  pass(200ms);
  CHECK(stats.attempts_started == 1);
  CHECK(stats.iterations_read_back == 1);
  CHECK_FALSE(kept_asleep());
}

TEST_CASE_METHOD(
  fixture, "a sleeper that was due while the node was down goes on at once",
  "[actors][sleep]") {
  clock.advance(2h);
  spawn_lead();
  scheduler->run();
  // Two alarms that ring at once: the sleepers', and its own.
  pass(0ms);
  pass(0ms);
  CHECK(stats.attempts_started == 1);
  CHECK(stats.iterations_asleep == 0);
}

TEST_CASE_METHOD(
  fixture, "an iteration that is found to sleep leaves memory",
  "[actors][sleep]") {
  // As an older build left it.
  storage::write_batch batch;
  storage::erase_sleeper(batch, hosted->number, first);
  REQUIRE(db->commit(batch));
  spawn_lead();
  scheduler->run();
  CHECK(stats.iterations_asleep == 1);
  pass(1h);
  pass(200ms);
  CHECK(stats.attempts_started == 1);
  CHECK(stats.iterations_read_back == 1);
}

TEST_CASE_METHOD(
  fixture, "a cancel wakes a sleeper, which then ends", "[actors][sleep]") {
  settle();
  ask(operator_verb::cancel);
  scheduler->run();
  CHECK(answer()->changed);
  CHECK(outcome() == iteration_outcome::canceled);
  CHECK_FALSE(kept_asleep());
  CHECK(stats.iterations_asleep == 0);
  CHECK(stats.iterations_ended == 1);
  pass(2h);
  CHECK(stats.attempts_started == 0);
  CHECK(journal->load_state(hosted->number)->running.empty());
}

TEST_CASE_METHOD(
  fixture, "a request that changes nothing lets a sleeper sleep on",
  "[actors][sleep]") {
  settle();
  ask(operator_verb::retry, "wait");
  scheduler->run();
  CHECK(answer().err().code == errc::conflict);
  CHECK(stats.iterations_read_back == 1);
  CHECK(stats.iterations_asleep == 1);
  pass(1h);
  pass(200ms);
  CHECK(stats.attempts_started == 1);
}

TEST_CASE_METHOD(
  fixture, "a request that crosses the wish to rest finds the actor there",
  "[actors][sleep]") {
  storage::write_batch batch;
  storage::erase_sleeper(batch, hosted->number, first);
  REQUIRE(db->commit(batch));
  // The supervisor takes both before its iteration takes its first message.
  spawn_lead();
  ask(operator_verb::cancel);
  scheduler->run();
  CHECK(answer()->changed);
  CHECK(outcome() == iteration_outcome::canceled);
  CHECK(stats.iterations_read_back == 0);
  CHECK(stats.iterations_asleep == 0);
}

TEST_CASE_METHOD(
  fixture, "requests wait for a sleeper that is being read, which is read once",
  "[actors][sleep]") {
  settle();
  hold_reads = true;
  ask(operator_verb::retry, "wait");
  scheduler->run();
  pass(1h);
  ask(operator_verb::cancel);
  scheduler->run();
  REQUIRE(held_reads.size() == 1);
  release_reads();
  CHECK(answer().err().code == errc::conflict);
  CHECK(answer()->changed);
  CHECK(held_reads.empty());
  CHECK(stats.iterations_read_back == 1);
  CHECK(outcome() == iteration_outcome::canceled);
  CHECK(stats.iterations_ended == 1);
}

TEST_CASE_METHOD(
  fixture, "requests for a sleeper that cannot be read say why",
  "[actors][sleep]") {
  const auto range =
    storage::iteration_event_key::within(hosted->number, first);
  storage::write_batch batch;
  batch.erase_range(storage::column::control, range.from, range.to);
  REQUIRE(db->commit(batch));
  settle();
  ask(operator_verb::cancel);
  scheduler->run();
  CHECK(answer().err().code == errc::not_found);
  CHECK(stats.iterations_asleep == 0);
}

TEST_CASE_METHOD(
  fixture, "a supervisor that is to exit refuses what waits for a sleeper",
  "[actors][sleep]") {
  settle();
  hold_reads = true;
  ask(operator_verb::cancel);
  scheduler->run();
  exit();
  CHECK(answer().err().code == errc::unavailable);
  CHECK(gone());
  release_reads();
  CHECK(stats.iterations_asleep == 0);
  CHECK(outcome() == iteration_outcome::running);
  CHECK(complaints.read().empty());
}
