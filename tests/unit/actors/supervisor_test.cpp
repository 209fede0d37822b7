#include "actors/boards.hpp"
#include "actors/errors.hpp"
#include "actors/root.hpp"
#include "actors/slots.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "storage/registry.hpp"
#include "storage/store.hpp"
#include "tests/unit/actors/log_lines.hpp"
#include "tests/unit/actors/node_fixture.hpp"
#include "tests/unit/storage/temp_dir.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

using namespace ratchet;
using namespace ratchet::actors;
using namespace std::chrono_literals;

namespace {

/// A supervisor without threads, on a real store. The test plays the journal;
/// jobs of readers run at once, and no stage gets a slot.
struct fixture {
  fixture() {
    config.set("scheduler.policy", caf::atom("testing"));
    system = std::make_unique<caf::actor_system>(config);
    scheduler =
      &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    parent = std::make_unique<caf::scoped_actor>(*system);
    open();
    auto start = load_loop(node, hosted);
    iteration_peers peers{
      .node = &node,
      .loop = hosted,
      .plan = hosted->plan,
      .journal = play_journal(),
      .timers = play_timers(),
      .slots =
        system->spawn(actors::slots, workflows::slot_limits{}, &slot_board),
      .stage_threads = std::make_shared<actors::detail::thread_pool>("", 1),
      .readers = play_worker([](run_job& work) { work.job(); }),
    };
    others = {
      caf::actor_cast<caf::actor>(peers.journal),
      caf::actor_cast<caf::actor>(peers.timers),
      caf::actor_cast<caf::actor>(peers.slots),
      caf::actor_cast<caf::actor>(peers.readers)};
    lead = system->spawn(
      supervisor, (*parent)->address(),
      supervisor_start{
        std::move(peers), std::move(start.machine), std::move(start.running)});
    (*parent)->monitor(lead);
    caf::anon_send(lead, begin_atom{});
    scheduler->run();
  }
  ~fixture() {
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
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;

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
    const auto made = loop("a").stage("wait", test::does_nothing());
    storage::write_batch batch;
    const auto number = journal->register_loops(batch, {"a"}).value().front();
    hosted = std::make_shared<hosted_loop>(
      hosted_loop{number, "a", make_plan(made.definition(), made.functions())});
    storage::put_definition(
      batch, number, hosted->plan->fingerprint, hosted->plan->definition);
    REQUIRE(db->commit(batch));
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
  timers_actor play_timers() {
    return system->spawn([]() -> timers_actor::behavior_type {
      return {
        [](const wake_at&, const timer_listener&) {},
        [](forget_atom, const timer_listener&) {},
        [](poll_atom, std::uint64_t) {}};
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
    accepted = 1'000;
    caf::anon_send(others.front(), flush_atom{});
    scheduler->run();
  }
  void exit() {
    (*parent)->send_exit(lead, caf::exit_reason::user_shutdown);
    scheduler->run();
  }
  [[nodiscard]] bool gone() { return (*parent)->has_next_message(); }

  test::temp_dir dir;
  std::unique_ptr<storage::store> db;
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
  test::log_lines complaints;
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  std::unique_ptr<caf::scoped_actor> parent;
  std::vector<caf::actor> others; ///< The journal first.
  supervisor_actor lead;
};

} // namespace

TEST_CASE_METHOD(
  fixture, "an iteration that fails is told of, read back, and goes on",
  "[actors][supervisor]") {
  start_iteration_and_hold();
  refuse_held();
  REQUIRE(complaints.read().size() == 1);
  CHECK(complaints.read().front().find("an iteration's actor failed") == 0);
  CHECK(stats.attempts_started == 0);
  scheduler->advance_time(500ms);
  scheduler->run();
  CHECK(stats.attempts_started == 1);
  CHECK_FALSE(gone());
  CHECK(complaints.read().size() == 1);
}

TEST_CASE_METHOD(
  fixture, "an iteration that ends because its supervisor does has not failed",
  "[actors][supervisor]") {
  start_iteration_and_hold();
  exit();
  // What the iteration is recording is waited for.
  CHECK_FALSE(gone());
  refuse_held();
  CHECK(gone());
  CHECK(complaints.read().empty());
}

TEST_CASE_METHOD(
  fixture, "a supervisor that is to exit starts nothing more",
  "[actors][supervisor]") {
  start_iteration_and_hold();
  exit();
  auto answer = (*parent)->request(
    lead, caf::infinite,
    operator_request{.verb = operator_verb::pause, .loop = "a"});
  scheduler->run();
  bool refused = false;
  answer.receive(
    [](const operator_answer&) {},
    [&](caf::error& e) { refused = from_caf(e).code == errc::unavailable; });
  CHECK(refused);
  CHECK_FALSE(journal->load_state(hosted->number)->paused);
}
