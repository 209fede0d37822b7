#include "actors/slots.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::actors;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

/// One slot, and attempts that note what they are told.
struct fixture {
  fixture() {
    config.set("scheduler.policy", caf::atom("testing"));
    system = std::make_unique<caf::actor_system>(config);
    scheduler =
      &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    workflows::slot_limits one;
    one.slots = 1;
    node_slots = system->spawn(slots, one, &board);
    scheduler->run();
  }
  ~fixture() {
    caf::anon_send_exit(node_slots, caf::exit_reason::kill);
    for (const auto& each : holders)
      caf::anon_send_exit(each, caf::exit_reason::kill);
    holders.clear();
    node_slots = nullptr;
    while (scheduler->run() + scheduler->trigger_timeouts() > 0) {
    }
    system.reset();
  }
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;

  static workflows::slot_claim claim_of(const std::string& attempt) {
    workflows::slot_claim out;
    out.attempt = attempt;
    out.loop = "a";
    return out;
  }
  void claim(const std::string& attempt) {
    holders.push_back(system->spawn(
      [this, attempt](slot_holder::pointer) -> slot_holder::behavior_type {
        return {
          [this, attempt](slot_granted) { told.push_back(attempt + " runs"); },
          [this, attempt](slot_awaited) {
            told.push_back(attempt + " waits");
          }};
      }));
    caf::anon_send(node_slots, claim_slot{claim_of(attempt)}, holders.back());
    scheduler->run();
  }
  template <class Message>
  void tell(Message message) {
    caf::anon_send(node_slots, std::move(message));
    scheduler->run();
  }
  void pass(duration time) {
    scheduler->advance_time(time);
    scheduler->run();
  }

  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  slot_board board;
  slots_actor node_slots;
  std::vector<slot_holder> holders;
  words told;
};

} // namespace

TEST_CASE_METHOD(
  fixture, "nothing starts before what runs already is counted",
  "[actors][slots]") {
  claim("new");
  tell(take_slot{claim_of("old")});
  CHECK(told.empty());
  tell(begin_atom{});
  CHECK(told.empty());
  CHECK(board.read().front().held == 1);
  CHECK(board.read().front().waiting == 1);
  tell(release_slot{"old"});
  CHECK(told == words{"new runs"});
}

TEST_CASE_METHOD(
  fixture, "who waits for long is told, once", "[actors][slots]") {
  tell(begin_atom{});
  claim("one");
  claim("two");
  pass(500ms);
  claim("three");
  tell(release_slot{"three"});
  claim("four");
  pass(499ms);
  CHECK(told == words{"one runs"});
  pass(1ms);
  CHECK(told == words{"one runs", "two waits"});
  pass(500ms);
  CHECK(told == words{"one runs", "two waits", "four waits"});
  pass(10s);
  tell(release_slot{"one"});
  tell(release_slot{"two"});
  CHECK(
    told ==
    words{"one runs", "two waits", "four waits", "two runs", "four runs"});
}

TEST_CASE_METHOD(
  fixture, "a claim of what holds already is granted again",
  "[actors][slots]") {
  tell(begin_atom{});
  claim("one");
  claim("one");
  CHECK(told == words{"one runs", "one runs"});
  CHECK(board.read().front().held == 1);
}
