#include "workflows/replay.hpp"

#include "plans.hpp"
#include "workflows/event_type.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

/// With the fingerprint of its plan, as the loop would have written it.
live_iteration signed_iteration(
  std::vector<stage_definition> stages,
  std::vector<cleanup_definition> cleanup = {}) {
  live_iteration live{std::move(stages), std::move(cleanup)};
  auto start = std::get<iteration_started>(live.journal.front());
  start.fingerprint = fingerprint(live.plan);
  live.it = {};
  live.journal.clear();
  live.take(start);
  live.begin();
  return live;
}

cleanup_definition always(std::string name) {
  return {cleanup_kind::always, "", step(std::move(name))};
}

/// A life with every command that a journal can tell of.
live_iteration eventful() {
  auto live = signed_iteration(diamond(), {always("notify")});
  live.must(queue_attempt{"prepare", 1});
  live.must(dispatch_attempt{"prepare", 1});
  live.finish("prepare");
  live.fail("train", crash);
  live.now += 1s;
  live.must(start_retry{"train"});
  live.finish("train");
  live.finish("tune");
  live.refuse("judge");
  live.finish("notify");
  live.must(retry_stage{"", "ada", "again"});
  live.refuse("judge");
  live.fail("notify", lost);
  live.must(skip_stage{"notify", "ada", "no need"});
  live.must(skip_stage{"judge", "ada", "flaky"});
  live.cancel();
  live.must(confirm_canceled{"promote", 1});
  live.finish("notify");
  live.must(retry_stage{"tune", "ada", ""});
  live.fail("tune", lost);
  live.must(skip_stage{"tune", "ada", "enough"});
  return live;
}

std::vector<std::string> commands_of(const replayed_iteration& replayed) {
  std::vector<std::string> out;
  for (const auto& each : replayed.decisions)
    out.push_back(each.command);
  return out;
}

} // namespace

TEST_CASE("a replay finds each decision again, and the same state") {
  const auto live = eventful();
  const auto replayed = replay(live.plan, live.journal);
  INFO((replayed ? std::string{} : replayed.err().message));
  REQUIRE(replayed.ok());
  CHECK(replayed->state == live.it);
  CHECK(
    commands_of(*replayed) ==
    std::vector<std::string>{
      "start",
      "begin_iteration",
      "queue_attempt 1 of prepare",
      "dispatch_attempt 1 of prepare",
      "finish_attempt 1 of prepare",
      "fail_attempt 1 of train",
      "start_retry train",
      "finish_attempt 2 of train",
      "finish_attempt 1 of tune",
      "finish_attempt 1 of judge",
      "finish_attempt 1 of notify",
      "retry_stage judge",
      "finish_attempt 2 of judge",
      "fail_attempt 2 of notify",
      "skip_stage notify",
      "skip_stage judge",
      "cancel_iteration",
      "confirm_canceled 1 of promote",
      "finish_attempt 3 of notify",
      "retry_stage tune",
      "fail_attempt 2 of tune",
      "skip_stage tune"});
  std::size_t next = 0;
  for (const auto& each : replayed->decisions) {
    CHECK(each.first == next);
    next += each.count;
  }
  CHECK(next == live.journal.size());
}

TEST_CASE("an event that does not follow is named") {
  auto live = eventful();
  const auto said = [&] {
    const auto replayed = replay(live.plan, live.journal);
    REQUIRE_FALSE(replayed.ok());
    CHECK(replayed.err().code == errc::failed_condition);
    return replayed.err().message;
  };
  const auto index_of = [&](std::string_view type) {
    for (std::size_t i = 0; i < live.journal.size(); ++i)
      if (type_of(live.journal[i]) == type)
        return i;
    FAIL("no such event");
    return std::size_t{0};
  };

  SECTION("a time to retry that the policy does not give") {
    const auto at = index_of("attempt_failed");
    std::get<attempt_failed>(live.journal[at]).retry_at += 1s;
    CHECK(
      said() ==
      "event " + std::to_string(at) +
        ", attempt_failed, does not follow: fail_attempt 1 of train leads to "
        "one with other contents");
  }
  SECTION("a success turned into a refusal that the plan cannot have") {
    const auto at = index_of("gate_refused");
    const auto no = std::get<gate_refused>(live.journal[at]);
    live.journal[at] = stage_succeeded{no.stage, no.attempt, no.at, no.output};
    CHECK(said().find("does not follow") != std::string::npos);
  }
  SECTION("an event taken out") {
    const auto at = index_of("attempt_dispatched");
    live.journal.erase(live.journal.begin() + static_cast<std::ptrdiff_t>(at));
    CHECK(
      said() ==
      "event " + std::to_string(at) +
        ", stage_succeeded, does not follow: finish_attempt 1 of prepare is "
        "refused: attempt 1 of stage \"prepare\" still waits for a slot");
  }
  SECTION("an end cut off inside a decision") {
    const auto at = index_of("stage_succeeded");
    live.journal.resize(at + 1);
    CHECK(
      said() ==
      "event " + std::to_string(at + 1) +
        " is missing: finish_attempt 1 of prepare at event " +
        std::to_string(at) + " leads to attempt_started");
  }
  SECTION("another outcome") {
    const auto at = index_of("cleanup_started");
    std::get<cleanup_started>(live.journal[at]).outcome =
      iteration_outcome::completed;
    CHECK(said().find("cleanup_started, does not follow") != std::string::npos);
  }
}

TEST_CASE("a replay needs the start, and its own definition") {
  auto live = signed_iteration(diamond());
  auto other = live.plan;
  other.stages.front().timeout = 1h;
  CHECK(replay(other, live.journal).err().code == errc::failed_condition);
  live.journal.erase(live.journal.begin());
  CHECK(replay(live.plan, live.journal).err().code == errc::corruption);
  CHECK(replay(live.plan, {}).err().code == errc::corruption);
}
