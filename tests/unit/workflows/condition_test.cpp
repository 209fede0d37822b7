#include "workflows/condition.hpp"

#include "ratchet/condition.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using workflows::stage_facts;
using workflows::stage_status;

namespace {

/// What is recorded: "evaluate" succeeded, "tune" was skipped.
workflows::condition_verdict ask(const condition& asked) {
  static const workflows::stage_result evaluated{
    {{"accuracy", "0.81"}, {"verdict", "good"}, {"loss", "nan"}}, {}, {}, {}};
  static const workflows::stage_result nothing;
  return workflows::evaluate(asked.tree(), [](const std::string& stage) {
    return stage == "evaluate"
      ? stage_facts{stage_status::succeeded, &evaluated}
      : stage_facts{stage_status::skipped, &nothing};
  });
}

} // namespace

TEST_CASE("numbers and texts compare as their operators say", "[condition]") {
  const auto accuracy = output("evaluate", "accuracy");
  CHECK(ask(accuracy < 0.9).holds);
  CHECK_FALSE(ask(accuracy < 0.81).holds);
  CHECK(ask(accuracy <= 0.81).holds);
  CHECK_FALSE(ask(accuracy <= 0.8).holds);
  CHECK(ask(accuracy > 0).holds);
  CHECK_FALSE(ask(accuracy > 0.81).holds);
  CHECK(ask(accuracy >= 0.81).holds);
  CHECK_FALSE(ask(accuracy >= 1).holds);
  CHECK(ask(accuracy == 0.81).holds);
  CHECK_FALSE(ask(accuracy == 1U).holds);
  CHECK(ask(accuracy != 1).holds);
  CHECK_FALSE(ask(accuracy != 0.81).holds);

  const auto verdict = output("evaluate", "verdict");
  CHECK(ask(verdict == "good").holds);
  CHECK_FALSE(ask(verdict == std::string{"bad"}).holds);
  CHECK(ask(verdict != "bad").holds);
  CHECK_FALSE(ask(verdict != "good").holds);
  CHECK(ask(verdict < "h").holds);
  CHECK(ask(verdict <= "good").holds);
  CHECK(ask(verdict > "goo").holds);
  CHECK_FALSE(ask(verdict >= "h").holds);
}

TEST_CASE("a verdict says what decided it, with the numbers", "[condition]") {
  struct row {
    condition asked;
    bool holds;
    const char* sentence;
  };
  const auto accuracy = output("evaluate", "accuracy");
  const auto r = GENERATE_COPY(
    row{accuracy >= 0.9, false, "evaluate accuracy 0.81 is not >= 0.9"},
    row{accuracy >= 0.8, true, "evaluate accuracy 0.81 is >= 0.8"},
    row{
      output("evaluate", "verdict") == "bad", false,
      "evaluate verdict \"good\" is not == \"bad\""},
    // Whatever the comparison, what is not there does not hold.
    row{
      output("evaluate", "f1") != 0.5, false,
      "evaluate recorded no f1, so it is not != 0.5"},
    row{
      output("tune", "rate") < 1, false,
      "tune was skipped and recorded no rate, so it is not < 1"},
    row{
      output("evaluate", "verdict") != 3, false,
      "evaluate verdict \"good\" is no number, so it is not != 3"},
    row{
      output("evaluate", "loss") < 3, false,
      "evaluate loss \"nan\" is no number, so it is not < 3"},
    row{succeeded("tune"), false, "tune did not succeed"},
    row{succeeded("evaluate"), true, "evaluate succeeded"},
    row{skipped("tune"), true, "tune was skipped"},
    row{skipped("evaluate"), false, "evaluate was not skipped"},
    row{!skipped("tune"), false, "tune was skipped"},
    row{
      !(output("evaluate", "f1") > 0), true,
      "evaluate recorded no f1, so it is not > 0"},
    row{
      accuracy > 0.8 && accuracy > 0.9 && succeeded("tune"), false,
      "evaluate accuracy 0.81 is not > 0.9 and tune did not succeed"},
    row{
      accuracy > 0.8 && succeeded("evaluate"), true,
      "evaluate accuracy 0.81 is > 0.8 and evaluate succeeded"},
    row{accuracy > 0.9 || skipped("tune"), true, "tune was skipped"},
    row{
      accuracy > 0.9 || succeeded("tune"), false,
      "evaluate accuracy 0.81 is not > 0.9 and tune did not succeed"});
  CAPTURE(r.sentence);
  const auto verdict = ask(r.asked);
  CHECK(verdict.holds == r.holds);
  CHECK(verdict.sentence == r.sentence);
}

TEST_CASE("a condition reads as it was written", "[condition]") {
  const auto accuracy = output("evaluate", "accuracy");
  CHECK(
    workflows::to_text((accuracy >= 0.9 && accuracy < 1 &&
                        (skipped("a") || output("b", "c") == "d"))
                         .tree()) ==
    "evaluate accuracy >= 0.9 && evaluate accuracy < 1 && "
    "(a skipped || b c == \"d\")");
  CHECK(
    workflows::to_text((!(succeeded("a") && accuracy != 1)).tree()) ==
    "!(a succeeded && evaluate accuracy != 1)");
}

TEST_CASE("a chain of one operator is not deep", "[condition]") {
  auto chain = succeeded("a");
  for (int i = 0; i < 100; ++i)
    chain = chain && succeeded("a");
  CHECK(chain.tree().children.size() == 101);
}
