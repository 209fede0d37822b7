#include "actors/retention.hpp"

#include "actors/channels.hpp"
#include "actors/journal.hpp"
#include "actors/timers.hpp"
#include "storage/experiment_store.hpp"
#include "storage/loop_journal.hpp"
#include "storage/monitor_store.hpp"

#include "../storage/history_fixture.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <chrono>
#include <optional>

using namespace ratchet;
using namespace ratchet::actors;
using namespace std::chrono_literals;

namespace {

/// Runs jobs at once, where it is asked to.
worker_actor::behavior_type reader(worker_actor::pointer /*self*/) {
  return {
    [](run_job& job) { job.job(); },
  };
}

/// The retention with a real journal and store, without threads: nothing
/// happens but what `pass` makes happen. The monitor is the test itself.
class fixture : public test::history_fixture {
public:
  fixture() : history_fixture{{.block_bytes = 1}} {
    number = add_loop("digits");
    other = add_loop("other");
    config_.set("scheduler.policy", caf::atom("testing"));
    system_ = std::make_unique<caf::actor_system>(config_);
    scheduler_ =
      &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  }
  ~fixture() {
    stop();
    system_.reset();
  }

  void start(workflows::retention_limits keep) {
    workflows::loop_definition definition;
    definition.name = "digits";
    definition.join_window = 10min;
    definition.keep = keep;
    journal_data_.emplace(*db);
    services_.clock = &clock;
    services_.store = db.get();
    services_.history = log.get();
    services_.journal = &*journal_data_;
    channels_ = system_->spawn(channels);
    journal =
      system_->spawn(actors::journal, log.get(), db.get(), &stats_, channels_);
    timers_ = system_->spawn(timers, &clock);
    readers_ = system_->spawn(reader);
    retention_ = system_->spawn(
      retention,
      retention_start{
        &services_,
        journal,
        timers_,
        readers_,
        {std::make_shared<hosted_loop>(hosted_loop{
          number, "digits", make_plan(std::move(definition), {})})}});
    scheduler_->run();
  }
  /// Ends the actors.
  void stop() {
    for (const auto& actor :
         {caf::actor_cast<caf::actor>(retention_),
          caf::actor_cast<caf::actor>(journal),
          caf::actor_cast<caf::actor>(timers_),
          caf::actor_cast<caf::actor>(readers_),
          caf::actor_cast<caf::actor>(channels_)})
      if (actor)
        caf::anon_send_exit(actor, caf::exit_reason::kill);
    retention_ = nullptr;
    journal = nullptr;
    timers_ = nullptr;
    readers_ = nullptr;
    channels_ = nullptr;
    while (scheduler_->run() + scheduler_->trigger_timeouts() > 0) {
    }
  }

  /// `id` arrives now; each event is a block.
  sequence add(const std::string& id) {
    return append(
             test::make_batch("digits", {test::interaction(id)}, clock.now()))
      .end;
  }
  void count_up_to(sequence cursor) {
    storage::monitor_state monitor;
    monitor.cursor = cursor;
    storage::write_batch batch;
    storage::put_monitor(batch, number, monitor);
    REQUIRE(db->commit(batch).ok());
  }
  void begin_iteration(sequence from, sequence to) {
    workflows::loop_state state;
    state.running = {iteration_number{1}};
    workflows::iteration_summary summary;
    summary.start.loop = "digits";
    summary.start.number = iteration_number{1};
    summary.start.data_from = from;
    summary.start.data_to = to;
    storage::write_batch batch;
    storage::put_state(batch, number, state);
    storage::put_summary(batch, number, summary);
    REQUIRE(db->commit(batch).ok());
  }
  void follow_experiment_to(sequence matured) {
    workflows::loop_state state;
    state.experiment.emplace().number = experiment_number{1};
    storage::experiment_state experiment;
    experiment.number = experiment_number{1};
    experiment.matured = matured;
    storage::write_batch batch;
    storage::put_state(batch, number, state);
    storage::put_experiment(batch, number, experiment);
    REQUIRE(db->commit(batch).ok());
  }
  void end_iteration() {
    storage::write_batch batch;
    storage::put_state(batch, number, {});
    REQUIRE(db->commit(batch).ok());
  }
  /// The machine's clock goes on; the timers look at it.
  void pass(duration time) {
    clock.advance(time);
    scheduler_->advance_time(200ms);
    scheduler_->run();
  }

  loop_number number;
  loop_number other;
  manual_clock clock{from_ms(1'790'000'000'000)};
  journal_actor journal;

private:
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  std::optional<storage::loop_journal> journal_data_;
  services services_;
  node_stats stats_;
  channels_actor channels_;
  timers_actor timers_;
  worker_actor readers_;
  retention_actor retention_;
};

using texts = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(
  fixture, "events beyond the age go, younger ones stay, also after a restart",
  "[actors][retention]") {
  add("old");
  start({.age = 24h});
  pass(23h);
  count_up_to(add("young"));
  pass(1h);
  CHECK(ids(number) == texts{"old", "young"}); // Exactly a day: stays.
  pass(1min);
  CHECK(ids(number) == texts{"young"});
  CHECK(log->first(number) == sequence{2});

  stop();
  reopen();
  CHECK(ids(number) == texts{"young"});
  // What is not known any more is new.
  CHECK(add("young") == sequence{2});
  CHECK(add("old") == sequence{3});
  start({.age = 24h});
  count_up_to({3});
  pass(22h + 59min);
  CHECK(ids(number) == texts{"young", "old"});
  pass(1min);
  CHECK(ids(number) == texts{"old"});
}

TEST_CASE_METHOD(
  fixture, "what an experiment has not counted yet stays",
  "[actors][retention]") {
  add("a");
  clock.advance(1h); // Nothing joins it any more when the others come.
  add("b");
  add("c");
  count_up_to({3});
  follow_experiment_to({1});
  start({.age = 24h});
  pass(48h);
  CHECK(ids(number) == texts{"b", "c"});
  follow_experiment_to({3});
  pass(1min);
  CHECK(ids(number).empty());
}

TEST_CASE_METHOD(
  fixture, "the oldest events go until the rest fits", "[actors][retention]") {
  for (int i = 1; i <= 10; ++i)
    add("id-" + std::to_string(i % 10));
  const auto all = log->stored_bytes(number).value();
  count_up_to({10});
  start({.bytes = all / 2});
  CHECK(log->first(number) == sequence{1}); // Can still be joined.
  pass(11min);
  CHECK(log->first(number) == sequence{1});
  pass(1min);
  CHECK(ids(number) == texts{"id-6", "id-7", "id-8", "id-9", "id-0"});
  CHECK(log->stored_bytes(number).value() <= all / 2);
}

TEST_CASE_METHOD(
  fixture, "nothing goes that the monitor has not counted",
  "[actors][retention]") {
  add("a");
  pass(10h);
  add("b");
  pass(10h);
  add("c");
  start({.age = 24h});
  pass(1000h);
  CHECK(log->first(number) == sequence{1});
  count_up_to({2});
  pass(1min);
  // "b" as well: "c" is not counted, but too far from it to join in time.
  CHECK(ids(number) == texts{"c"});
}

TEST_CASE_METHOD(
  fixture, "what feedback not counted yet can join stays",
  "[actors][retention]") {
  add("a");
  pass(1h);
  add("b");
  pass(9min);
  add("c");
  count_up_to({2});
  start({.age = 24h});
  pass(1000h);
  CHECK(ids(number) == texts{"b", "c"});
}

TEST_CASE_METHOD(
  fixture, "nothing goes that an iteration under way reads",
  "[actors][retention]") {
  for (const auto* id : {"a", "b", "c", "d"})
    add(id);
  count_up_to({4});
  begin_iteration({2}, {3});
  start({.age = 24h});
  pass(1000h);
  CHECK(ids(number) == texts{"c", "d"});
  end_iteration();
  pass(1min);
  CHECK(ids(number).empty());
}

TEST_CASE_METHOD(
  fixture, "the space of what was dropped comes back within the hour",
  "[actors][retention]") {
  auto large = test::interaction("large");
  large.input = '"' + std::string(200'000, 'x') + '"';
  append(test::make_batch("digits", {large}, clock.now()));
  count_up_to({1});
  REQUIRE(db->reclaim_history()); // Writes out what is in memory.
  const auto before = db->stats().history_bytes;
  REQUIRE(before > 200'000);
  start({.age = 30min});
  pass(31min);
  CHECK(ids(number).empty());
  CHECK(db->stats().history_bytes == before);
  pass(29min);
  CHECK(db->stats().history_bytes < before - 200'000);
}

TEST_CASE_METHOD(
  fixture, "a loop without a bound keeps everything", "[actors][retention]") {
  add("a");
  append(test::make_batch("other", {test::interaction("x")}, clock.now()));
  count_up_to({1});
  start({.age = 24h});
  pass(1000h);
  CHECK(ids(number).empty());
  CHECK(ids(other) == texts{"x"});
}

TEST_CASE_METHOD(
  fixture, "a look that drops nothing leads to the next",
  "[actors][retention]") {
  start({.age = 24h});
  pass(1min);
  add("a");
  count_up_to({1});
  {
    const auto hold = log->hold(number);
    pass(48h);
    CHECK(ids(number) == texts{"a"});
  }
  pass(1min);
  CHECK(ids(number).empty());
}
