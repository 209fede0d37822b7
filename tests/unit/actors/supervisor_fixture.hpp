#pragma once

#include "actors/boards.hpp"
#include "actors/errors.hpp"
#include "actors/root.hpp"
#include "actors/slots.hpp"
#include "actors/timers.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "storage/registry.hpp"
#include "storage/store.hpp"
#include "tests/unit/actors/log_lines.hpp"
#include "tests/unit/actors/node_fixture.hpp"
#include "tests/unit/storage/temp_dir.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace ratchet::test {

using namespace actors;

/// A supervisor without threads, on a real store. The test plays the journal;
/// jobs of readers run at once unless they are held, and no stage gets a slot.
struct supervisor_fixture {
  supervisor_fixture() {
    config.set("scheduler.policy", caf::atom("testing"));
    system = std::make_unique<caf::actor_system>(config);
    scheduler =
      &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    parent = std::make_unique<caf::scoped_actor>(*system);
    open();
  }
  ~supervisor_fixture() {
    exit();
    refuse_held();
    for (auto& other : others)
      caf::anon_send_exit(other, caf::exit_reason::kill);
    others.clear();
    lead = nullptr;
    parent.reset();
    while (scheduler->run() + scheduler->trigger_timeouts() > 0) {
    }
    system.reset();
  }
  supervisor_fixture(const supervisor_fixture&) = delete;
  supervisor_fixture& operator=(const supervisor_fixture&) = delete;

  /// Starts the supervisor of what is in the store. It runs when the test
  /// lets it.
  void spawn_lead() {
    auto start = load_loop(node, hosted);
    REQUIRE_FALSE(start.failure);
    iteration_peers peers{
      .node = &node,
      .loop = hosted,
      .plan = hosted->plan,
      .journal = play_journal(),
      .timers = system->spawn(timers, &clock),
      .slots =
        system->spawn(actors::slots, workflows::slot_limits{}, &slot_board),
      .stage_threads = std::make_shared<actors::detail::thread_pool>("", 1),
      .readers = play_worker([this](run_job& work) {
        if (hold_reads)
          held_reads.push_back(std::move(work.job));
        else
          work.job();
      }),
    };
    others = {
      caf::actor_cast<caf::actor>(peers.journal),
      caf::actor_cast<caf::actor>(peers.timers),
      caf::actor_cast<caf::actor>(peers.slots),
      caf::actor_cast<caf::actor>(peers.readers)};
    lead = system->spawn(
      supervisor, (*parent)->address(),
      supervisor_start{
        std::move(peers), std::move(start.machine), std::move(start.running),
        std::move(start.asleep), std::move(start.ran), start.inputs()});
    (*parent)->monitor(lead);
    caf::anon_send(lead, begin_atom{});
  }
  void open() {
    auto opened = storage::store::open({.directory = dir.path()});
    REQUIRE(opened);
    db = std::move(*opened);
    journal = std::make_unique<storage::loop_journal>(*db);
    registry = std::make_unique<storage::registry>(*db);
    node = {
      .clock = &clock,
      .store = db.get(),
      .journal = journal.get(),
      .registry = registry.get(),
      .stats = &stats,
      .progress = &progress,
      .assignments = &assignments,
      .slots = &slot_board,
      .heartbeats = &heartbeats};
    const auto made = loop("a").stage("wait", does_nothing());
    storage::write_batch batch;
    const auto number = journal->register_loops(batch, {"a"}).value().front();
    hosted = std::make_shared<hosted_loop>(
      hosted_loop{number, "a", make_plan(made.definition(), made.functions())});
    storage::put_definition(
      batch, number, hosted->plan->fingerprint, hosted->plan->definition);
    REQUIRE(db->commit(batch));
    history = std::move(*storage::history::open(*db));
    node.history = history.get();
  }

  journal_actor play_journal() {
    return system->spawn(
      [this](journal_actor::pointer self) -> journal_actor::behavior_type {
        return {
          [](append_events&) {},
          [this, self](commit_batch& request) -> caf::result<committed> {
            auto promise = self->make_response_promise<committed>();
            if (--accepted >= 0 && db->commit(request.batch))
              promise.deliver(committed{});
            else
              held = promise;
            return promise;
          },
          [](const retain_history&) { return committed{}; },
          [this](flush_atom) {
            if (held)
              std::exchange(held, std::nullopt)
                ->deliver(caf::make_error(caf::sec::runtime_error));
          },
          [](close_atom) { return true; }};
      });
  }
  worker_actor play_worker(std::function<void(run_job&)> run) {
    return system->spawn(
      [run = std::move(run)]() -> worker_actor::behavior_type {
        return {[run](run_job& job) { run(job); }};
      });
  }

  /// Starts an iteration whose own first record is held back: the one commit
  /// before it is the supervisor's.
  void start_iteration_and_hold() {
    accepted = 1;
    caf::anon_send(
      lead, operator_request{.verb = operator_verb::trigger, .loop = "a"});
    scheduler->run();
    REQUIRE(held);
  }
  void refuse_held() {
    if (others.empty())
      return;
    accepted = 1'000;
    caf::anon_send(others.front(), flush_atom{});
    scheduler->run();
  }
  void pass(duration time) {
    clock.advance(time);
    scheduler->advance_time(time);
    scheduler->run();
  }
  void exit() {
    if (!lead)
      return;
    (*parent)->send_exit(lead, caf::exit_reason::user_shutdown);
    scheduler->run();
  }
  [[nodiscard]] bool gone() { return (*parent)->has_next_message(); }

  temp_dir dir;
  std::unique_ptr<storage::store> db;
  std::unique_ptr<storage::history> history;
  std::unique_ptr<storage::loop_journal> journal;
  std::unique_ptr<storage::registry> registry;
  manual_clock clock{from_ms(1'000'000)};
  node_stats stats;
  progress_board progress;
  assignment_board assignments;
  actors::slot_board slot_board;
  heartbeat_board heartbeats;
  services node;
  std::shared_ptr<const hosted_loop> hosted;

  int accepted = 1'000; ///< Commits until one is held back.
  std::optional<caf::typed_response_promise<committed>> held;
  bool hold_reads = false;
  std::vector<std::function<void()>> held_reads;
  log_lines complaints;
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  std::unique_ptr<caf::scoped_actor> parent;
  std::vector<caf::actor> others; ///< The journal first.
  supervisor_actor lead;
};

} // namespace ratchet::test
