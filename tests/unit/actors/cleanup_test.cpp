#include "tests/unit/actors/node_fixture.hpp"

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;
using workflows::iteration_outcome;

namespace {

/// What ran, in order; stages are called on other threads.
class diary {
public:
  void note(const std::string& line) {
    const std::lock_guard lock{mutex_};
    lines_.push_back(line);
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::lock_guard lock{mutex_};
    return lines_;
  }
  [[nodiscard]] stage_function writes_name() {
    return [this](stage_context& context) {
      note(context.stage());
      return result<stage_output>{stage_output{}};
    };
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

result<stage_output> fails(stage_context&) {
  return error{errc::invalid_argument, "no such flag"};
}

using lines = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(
  node_fixture, "a failed iteration is undone backwards and cleaned up, once",
  "[actors][node][cleanup]") {
  diary ran;
  std::string told;
  start({loop("a")
           .stage("reserve", ran.writes_name())
           .compensate(callable{ran.writes_name()})
           .stage("deploy", ran.writes_name())
           .compensate(callable{ran.writes_name()})
           .stage("verify", fails)
           .compensate(callable{ran.writes_name()})
           .always("unlock", callable{ran.writes_name()})
           .on_failure("notify", callable{[&](stage_context& context) {
                         ran.note("notify");
                         told =
                           context.outcome() + ": " + context.outcome_reason();
                         return result<stage_output>{stage_output{}};
                       }})});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(told == "failed: stage \"verify\" failed at attempt 1: no such flag");
  CHECK(
    ran.lines() ==
    lines{
      "reserve", "deploy", "compensate deploy", "compensate reserve", "notify",
      "unlock"});
  CHECK(summary("a", n).outcome == iteration_outcome::failed);
  CHECK(count<workflows::cleanup_started>("a", n) == 1);
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  node_fixture, "a node that stops during cleanup goes on with it",
  "[actors][node][cleanup][restart]") {
  diary ran;
  std::atomic<bool> hold{true};
  const std::vector<loop> loops{
    loop("a")
      .stage("deploy", ran.writes_name())
      .compensate(callable{ran.writes_name()})
      .stage("verify", fails)
      .on_failure("notify", callable{[&](stage_context& context) {
                    ran.note("notify");
                    while (hold && !context.canceled())
                      std::this_thread::yield();
                    return result<stage_output>{stage_output{}};
                  }})
      .always("unlock", callable{ran.writes_name()})};
  start(loops);
  const auto n = trigger("a");
  eventually("cleanup runs", [&] { return ran.lines().size() == 3; });
  // Accepted, and nothing changes: cleanup is what a cancel leads to.
  const auto canceled =
    ask({.verb = operator_verb::cancel, .loop = "a", .iteration = n});
  REQUIRE(canceled);
  CHECK_FALSE(canceled->changed);
  stop();
  hold = false;
  start(loops);
  wait_for_end("a", n);
  // The attempt that was lost with the engine is tried again; what was done
  // is not repeated, and what was to come came.
  CHECK(
    ran.lines() ==
    lines{"deploy", "compensate deploy", "notify", "notify", "unlock"});
  CHECK(summary("a", n).outcome == iteration_outcome::failed);
  CHECK(count<workflows::cleanup_started>("a", n) == 1);
  CHECK(count<workflows::iteration_ended>("a", n) == 1);
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  node_fixture, "a cleanup command is told the end and what there is to undo",
  "[actors][node][cleanup]") {
  const auto told = directory / "told";
  start({loop("a")
           .stage("train", writes("note.txt", "weights"))
           .compensate(command(std::vector<std::string>{
             "/bin/sh", "-c",
             "cat \"$RATCHET_INPUT_TRAIN/note.txt\" > " + told.string() +
               "; echo m > \"$RATCHET_OUTPUT/model.txt\""}))
           .stage("verify", fails)
           .always(
             "report",
             command(std::vector<std::string>{
               "/bin/sh", "-c",
               "echo \" $RATCHET_OUTCOME: $RATCHET_REASON\" >> " +
                 told.string()}))});
  const auto n = trigger("a");
  wait_for_end("a", n);
  std::string text;
  std::getline(std::ifstream{told}, text);
  CHECK(
    text ==
    "weights failed: stage \"verify\" failed at attempt 1: no such flag");
  // A file called "model" that cleanup leaves is no version.
  CHECK(summary("a", n).version == version_number{});
}

TEST_CASE_METHOD(
  node_fixture, "a retry after cleanup repeats what was undone",
  "[actors][node][cleanup]") {
  diary ran;
  std::atomic<bool> works{false};
  start({loop("a")
           .stage("deploy", ran.writes_name())
           .compensate(callable{ran.writes_name()})
           .stage("verify", [&](stage_context& context) {
             return works ? result<stage_output>{stage_output{}}
                          : fails(context);
           })});
  const auto n = trigger("a");
  wait_for_end("a", n);
  works = true;
  REQUIRE(ask({.verb = operator_verb::retry, .loop = "a", .iteration = n}));
  wait_for_end("a", n);
  CHECK(ran.lines() == lines{"deploy", "compensate deploy", "deploy"});
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
}

TEST_CASE_METHOD(
  node_fixture, "a stage runs or is skipped by what an earlier one recorded",
  "[actors][node]") {
  diary ran;
  start({loop("a")
           .stage(
             "tune",
             [](stage_context&) {
               return result<stage_output>{stage_output{{{"mode", "quick"}}}};
             })
           .stage(
             "evaluate",
             command(std::vector<std::string>{
               "/bin/sh", "-c",
               "echo '{\"accuracy\": 0.81}' > "
               "\"$RATCHET_OUTPUT/values.json\""}))
           .stage("publish", ran.writes_name())
           .when(output("evaluate", "accuracy") >= 0.9)
           .stage("file", ran.writes_name())
           .when(skipped("publish") && output("tune", "mode") == "quick")});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(ran.lines() == lines{"file"});
  CHECK(count<workflows::stage_skipped>("a", n) == 1);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
}

TEST_CASE_METHOD(
  node_fixture, "an operator's skip lets a failed iteration go on",
  "[actors][node]") {
  start({loop("a")
           .stage("train", writes("model.txt", "weights"))
           .gate("no regression", not_worse_than_champion("accuracy"))
           .promote()});
  const auto n = trigger("a");
  wait_for_end("a", n);
  // Nothing wrote scores, so the gate cannot judge.
  REQUIRE(summary("a", n).outcome == iteration_outcome::failed);
  const actors::operator_request wish{
    .verb = operator_verb::skip,
    .loop = "a",
    .iteration = n,
    .stage = "no regression",
    .who = "ada",
    .reason = "the first version"};
  auto unknown = wish;
  unknown.stage = "train";
  const auto refused = ask(unknown);
  REQUIRE_FALSE(refused);
  CHECK(refused.err().code == errc::conflict);

  const auto answer = ask(wish);
  REQUIRE(answer);
  CHECK(answer->changed);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::promoted);
  const auto sentence =
    "gate \"no regression\" was skipped by ada: the first version";
  CHECK(summary("a", n).verdict == sentence);
  // The record of the promotion says so too.
  std::string reason;
  const auto decided = node->journal().loop_events(number_of("a"), 0, 100);
  REQUIRE(decided);
  for (const auto& event : *decided)
    if (const auto* moved = std::get_if<workflows::champion_moved>(&event))
      reason = moved->reason;
  CHECK(reason == sentence);

  const auto again = ask(wish);
  REQUIRE(again);
  CHECK_FALSE(again->changed);
  CHECK(summary("a", n).outcome == iteration_outcome::promoted);
}
