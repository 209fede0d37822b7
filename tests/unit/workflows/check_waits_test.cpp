#include "workflows/check.hpp"

#include "plans.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

TEST_CASE("a wait says until when and what then", "[check]") {
  const auto asks = wait_step("ok");
  const auto listens = signal_step("labels");
  auto no_time = asks;
  no_time.wait.within = 0h;
  auto no_end = listens;
  no_end.wait.within = 24h * 5000;
  auto undeclared = asks;
  undeclared.wait.on_timeout = wait_outcome::undeclared;
  auto unsaid = listens;
  unsaid.wait.on_timeout = wait_outcome::undeclared;
  auto approves = listens;
  approves.wait.on_timeout = wait_outcome::approve;
  auto unnamed = listens;
  unnamed.wait.signal = "a/b";
  auto asleep = step("soak", {}, stage_kind::sleep);
  const std::vector<std::pair<stage_definition, std::string>> rows{
    {no_time, "stage \"ok\": within is 0 ms; give a positive one, such as 24h"},
    {no_end, "stage \"labels\": within is 5000d; give at most 3650d"},
    {undeclared,
     "stage \"ok\": on_timeout is not declared; say what happens when nobody "
     "answers: reject, approve, fail or skip"},
    {unsaid,
     "stage \"labels\": on_timeout is not declared; say what happens when no "
     "signal comes: fail or skip"},
    {approves,
     "stage \"labels\": on_timeout is approve, which is for approvals; give "
     "fail or skip"},
    {unnamed,
     "stage \"labels\": signal \"a/b\": the name may hold only letters, "
     "digits, blanks, '_', '.' and '-'"},
    {asleep,
     "stage \"soak\": the time to sleep is 0 ms; give a positive one, such as "
     "1h"},
  };
  for (const auto& [wait, message] : rows) {
    CAPTURE(message);
    const auto checked =
      check(plan_of({step("train"), wait, step("publish", {wait.name})}));
    REQUIRE_FALSE(checked.ok());
    CHECK(checked.err().code == errc::invalid_argument);
    CHECK(checked.err().message == "loop \"digits\": " + message);
  }
}

TEST_CASE("who waits makes nothing to judge", "[check]") {
  const auto checked =
    check(plan_of({wait_step("ok"), step("gate", {"ok"}, stage_kind::gate)}));
  REQUIRE_FALSE(checked.ok());
  CHECK(
    checked.err().message ==
    "loop \"digits\": stage \"gate\": no stage comes before it that makes "
    "something to judge; add one, or use after(...)");
}
