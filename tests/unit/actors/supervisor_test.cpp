#include "tests/unit/actors/supervisor_fixture.hpp"

using namespace ratchet;
using namespace ratchet::actors;
using namespace std::chrono_literals;

namespace {

struct fixture : test::supervisor_fixture {
  fixture() {
    spawn_lead();
    scheduler->run();
  }
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

TEST_CASE_METHOD(
  test::supervisor_fixture,
  "a start before the monitor's first word takes what was counted",
  "[actors][supervisor]") {
  storage::monitor_state counted;
  counted.cursor = sequence{8};
  counted.joined = {{"ok", 4}};
  storage::write_batch batch;
  storage::put_monitor(batch, hosted->number, counted);
  REQUIRE(db->commit(batch));
  spawn_lead();
  caf::anon_send(
    lead, operator_request{.verb = operator_verb::trigger, .loop = "a"});
  scheduler->run();
  const auto state = journal->load_state(hosted->number);
  REQUIRE(state);
  CHECK(state->last_iteration.value == 1);
  CHECK(state->data_to == sequence{8});
  CHECK(state->trigger.baseline.joined == counted.joined);
}
