#include "tests/unit/actors/node_events.hpp"
#include "tests/unit/actors/node_fixture.hpp"

#include "storage/artifacts.hpp"
#include "storage/store.hpp"

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;
using workflows::iteration_outcome;

TEST_CASE_METHOD(
  node_fixture, "an iteration runs its stages in order and promotes",
  "[actors][node]") {
  std::vector<std::string> ran;
  const auto note = [&ran](stage_context& context) -> result<stage_output> {
    ran.push_back(context.stage());
    return stage_output{};
  };
  start({loop("a")
           .stage("first", note)
           .stage("train", writes("model.txt", "weights"))
           .stage("last", note)
           .promote()});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(ran == std::vector<std::string>{"first", "last"});
  CHECK(summary("a", n).outcome == iteration_outcome::promoted);
  CHECK(summary("a", n).version == version_number{1});
  const auto table = node->assignments();
  REQUIRE(table->contains("a"));
  CHECK(table->at("a").version == version_number{1});
  CHECK(table->at("a").name == "model.txt");
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  node_fixture, "a stage reads what an earlier one wrote", "[actors][node]") {
  std::string read;
  start({loop("a")
           .stage("write", writes("note.txt", "hello"))
           .stage("read", [&read](stage_context& context) {
             const auto input = context.input_dir("write");
             REQUIRE(input);
             std::ifstream{*input / "note.txt"} >> read;
             return result<stage_output>{stage_output{}};
           })});
  wait_for_end("a", trigger("a"));
  CHECK(read == "hello");
}

TEST_CASE_METHOD(
  node_fixture, "joined feedback that reaches the count starts one iteration",
  "[actors][node]") {
  start({loop("a")
           .channel(boolean("ok"))
           .retrain_when(feedback_count("ok", 3))
           .stage("nothing", does_nothing())});
  // Feedback first, its interactions later: nothing joins before.
  REQUIRE(append(events_of("a", {liked(1), liked(2), liked(3)})));
  REQUIRE(append(events_of("a", {served(1), served(2)})));
  REQUIRE(append(events_of("a", {served(3), served(3)})));
  wait_for_end("a", iteration_number{1});
  const auto state = node->journal().load_state(number_of("a"));
  CHECK(state->last_iteration == iteration_number{1});
  CHECK(summary("a", iteration_number{1}).start.data_to == sequence{6});
}

TEST_CASE_METHOD(
  node_fixture, "a restart goes on where the journal ends",
  "[actors][node][restart]") {
  std::atomic<int> first{0};
  std::atomic<int> second{0};
  std::atomic<bool> hold{true};
  const std::vector<loop> loops{loop("a")
                                  .stage(
                                    "first",
                                    [&](stage_context&) {
                                      ++first;
                                      return result<stage_output>{
                                        stage_output{}};
                                    })
                                  .stage("second", [&](stage_context& context) {
                                    ++second;
                                    while (hold && !context.canceled())
                                      std::this_thread::yield();
                                    return result<stage_output>{stage_output{}};
                                  })};
  start(loops);
  const auto n = trigger("a");
  eventually("the second stage runs", [&] { return second == 1; });
  stop();
  hold = false;
  start(loops);
  wait_for_end("a", n);
  CHECK(first == 1);
  CHECK(second == 2);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(count<workflows::stage_succeeded>("a", n) == 2);
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  node_fixture, "a command that outlives the engine is adopted, not repeated",
  "[actors][node][restart]") {
  const auto proof = directory / "runs";
  const auto go = directory / "go";
  const std::vector<loop> loops{loop("a").stage(
    "train",
    command(std::vector<std::string>{
      "/bin/sh", "-c",
      "echo run >> " + proof.string() + "; while [ ! -e " + go.string() +
        " ]; do sleep 0.02; done; echo m > \"$RATCHET_OUTPUT/model.txt\""}))};
  start(loops);
  const auto n = trigger("a");
  eventually("the command runs", [&] { return exists(proof); });
  stop();
  start(loops);
  eventually("the command is adopted", [&] {
    return node->stats().attempts_adopted.load() == 1;
  });
  std::ofstream{go} << "now";
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(summary("a", n).version == version_number{1});
  CHECK(count<workflows::attempt_started>("a", n) == 1);
  std::string lines;
  std::getline(std::ifstream{proof}, lines, '\0');
  CHECK(lines == "run\n");
}

TEST_CASE_METHOD(
  node_fixture, "a cancel ends a running command and the iteration",
  "[actors][node]") {
  const auto proof = directory / "runs";
  start({loop("a").stage(
    "train",
    command(std::vector<std::string>{
      "/bin/sh", "-c",
      "echo run >> " + proof.string() + "; exec sleep 600"}))});
  const auto n = trigger("a");
  eventually("the command runs", [&] { return exists(proof); });
  const auto answer =
    ask({.verb = operator_verb::cancel, .loop = "a", .iteration = n});
  REQUIRE(answer);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::canceled);
}

TEST_CASE_METHOD(
  node_fixture, "a failed iteration is retried from the stage that failed",
  "[actors][node]") {
  std::atomic<int> first{0};
  std::atomic<bool> works{false};
  start({loop("a")
           .stage(
             "first",
             [&](stage_context&) {
               ++first;
               return result<stage_output>{stage_output{}};
             })
           .stage("second", [&](stage_context&) -> result<stage_output> {
             if (works)
               return stage_output{};
             return error{errc::io_error, "not yet"};
           })});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::failed);
  works = true;
  const auto answer = ask(
    {.verb = operator_verb::retry,
     .loop = "a",
     .iteration = n,
     .who = "me",
     .reason = "the disk is back"});
  REQUIRE(answer);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(first == 1);
  int reopened = 0;
  const auto events = node->journal().loop_events(number_of("a"), 0, 99);
  REQUIRE(events);
  for (const auto& event : *events)
    if (const auto* e = std::get_if<workflows::iteration_reopened>(&event)) {
      ++reopened;
      CHECK(e->who == "me");
      CHECK(e->reason == "the disk is back");
    }
  CHECK(reopened == 1);
}

TEST_CASE_METHOD(
  node_fixture, "a command past its timeout is ended and fails as timed out",
  "[actors][node]") {
  start(
    {loop("a").stage("train", command("sleep 600").timeout(50ms).grace(50ms))});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::failed);
  bool timed_out = false;
  for (const auto& event : events("a", n))
    if (const auto* e = std::get_if<workflows::attempt_failed>(&event))
      timed_out = e->failure.code == errc::timed_out;
  CHECK(timed_out);
}

TEST_CASE_METHOD(
  node_fixture, "a rollback serves the version before", "[actors][node]") {
  start({loop("a").stage("train", writes("model.txt", "weights")).promote()});
  wait_for_end("a", trigger("a"));
  wait_for_end("a", trigger("a"));
  REQUIRE(node->assignments()->at("a").version == version_number{2});
  const auto answer = ask(
    {.verb = operator_verb::rollback, .loop = "a", .reason = "it is worse"});
  REQUIRE(answer);
  CHECK(answer->version == version_number{1});
  CHECK(node->assignments()->at("a").version == version_number{1});
  CHECK(
    node->registry().alias(number_of("a"), "champion")->version ==
    version_number{1});
  const auto again = ask({.verb = operator_verb::rollback, .loop = "a"});
  REQUIRE_FALSE(again);
  CHECK(again.err().code == errc::conflict);
}

TEST_CASE_METHOD(
  node_fixture, "an uploaded version can become champion at once",
  "[actors][node]") {
  start({loop("a").stage("nothing", does_nothing())});
  const auto made = node->artifacts().put_bytes("weights", "model.txt");
  REQUIRE(made);
  const auto answer = ask(
    {.verb = operator_verb::add_version,
     .loop = "a",
     .artifact = *made,
     .champion = true,
     .who = "me",
     .reason = "first"});
  REQUIRE(answer);
  CHECK(answer->version == version_number{1});
  CHECK(node->assignments()->at("a").digest == made->digest);
}

TEST_CASE_METHOD(
  node_fixture, "an unsound loop starts nothing", "[actors][node]") {
  actors::node_options options;
  options.data_dir = directory / "none";
  options.loops = {loop("a")};
  const auto refused = actors::node::start(std::move(options));
  REQUIRE_FALSE(refused);
  CHECK(refused.err().code == errc::invalid_argument);
  CHECK_FALSE(exists(directory / "none"));
}

TEST_CASE_METHOD(
  node_fixture, "a stage of another definition is not run by a namesake",
  "[actors][node][restart]") {
  std::atomic<bool> runs{false};
  std::atomic<bool> stranger{false};
  start({loop("a").stage("wait", [&](stage_context& context) {
    runs = true;
    while (!context.canceled())
      std::this_thread::yield();
    return result<stage_output>{stage_output{}};
  })});
  const auto n = trigger("a");
  eventually("it runs", [&] { return runs.load(); });
  stop();
  start({loop("a").channel(boolean("new")).stage("wait", [&](stage_context&) {
    stranger = true;
    return result<stage_output>{stage_output{}};
  })});
  wait_for_end("a", n);
  CHECK_FALSE(stranger);
  CHECK(summary("a", n).outcome == iteration_outcome::failed);
  CHECK(summary("a", n).verdict.find("definition") != std::string::npos);
}

TEST_CASE_METHOD(
  node_fixture, "a data set stage hands the joined feedback on",
  "[actors][node]") {
  std::string rows;
  start({loop("a")
           .channel(boolean("ok"))
           .stage("dataset", export_dataset{.channel = "ok"})
           .stage("read", [&rows](stage_context& context) {
             const auto input = context.input_dir("dataset");
             REQUIRE(input);
             for (const auto* name : {"train.jsonl", "eval.jsonl"}) {
               std::ifstream file{*input / name};
               for (std::string line; std::getline(file, line);)
                 rows += line + "\n";
             }
             return result<stage_output>{stage_output{}};
           })});
  auto first = served(1);
  first.input = R"({"text":"hello"})";
  REQUIRE(append(events_of("a", {first, liked(1), liked(2)})));
  // A start by hand takes what its monitor has followed by then.
  eventually("an iteration sees all three", [&] {
    rows.clear();
    const auto n = trigger("a");
    wait_for_end("a", n);
    return summary("a", n).start.data_to == sequence{3};
  });
  CHECK(rows.find("hello") != std::string::npos);
  CHECK(rows.find("i-2") == std::string::npos);
}
