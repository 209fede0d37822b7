#include "actors/node.hpp"
#include "analysis/exposure.hpp"
#include "analysis/hash.hpp"
#include "analysis/live_experiment.hpp"
#include "storage/artifacts.hpp"
#include "storage/experiment_store.hpp"
#include "tests/unit/actors/log_lines.hpp"
#include "tests/unit/actors/node_fixture.hpp"
#include "tests/unit/storage/history_fixture.hpp"

#include <functional>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;
using workflows::experiment_outcome;
using workflows::iteration_outcome;

namespace {

/// Whether unit number `n`, served by this version, is content.
using truth = std::function<bool(int n, version_number version)>;

/// A loop whose version 1 serves, and whose iterations make the next and try it
/// on live traffic, under a clock that a test moves.
struct fixture : node_fixture {
  fixture() { clock = &manual; }
  ~fixture() { stop(); } // Before the clock that it asks goes.

  static std::vector<loop> loops() {
    auto a = loop("a");
    a.channel(boolean("ok"))
      .metric("liked")
      .from("ok")
      .timing(asynchronous{.max_in_flight = 2})
      .stage("train", writes("model.txt", "weights"))
      .experiment(
        {.metric = "liked",
         .min_units = 50,
         .max_units = 2'000,
         .max_duration = 48h,
         .horizon = 1min,
         .planned_units = 300})
      .promote();
    return {a};
  }
  void begin() {
    start(loops());
    const auto made = node->artifacts().put_bytes("first", "model.txt");
    REQUIRE(made);
    REQUIRE(ask(
      {.verb = operator_verb::add_version,
       .loop = "a",
       .artifact = *made,
       .champion = true,
       .who = "t"}));
  }
  [[nodiscard]] actors::served_version served() const {
    const auto table = node->assignments();
    const auto found = table->find("a");
    return found == table->end() ? actors::served_version{} : found->second;
  }
  void wait_for_arms() {
    eventually(
      "both arms are served", [&] { return served().experiment != nullptr; });
  }
  void wait_for_champion_alone() {
    eventually("the champion serves alone", [&] {
      return served().experiment == nullptr;
    });
  }

  /// What a serving app does with unit number `n`: asks, serves, and says what
  /// came of it.
  void serve(std::vector<event>& to, int n, const truth& likes) const {
    const auto subject = "user-" + std::to_string(n);
    const auto table = served();
    const auto& with = *table.experiment;
    const auto arm = analysis::assign_arm(subject, with.salt, with.shares);
    auto e = interaction("i" + std::to_string(n), subject);
    e.version = arm == 0 ? table.version : with.challengers.at(arm - 1).version;
    e.arm = analysis::arm_name(arm);
    e.propensity = with.shares.at(arm);
    auto f = feedback("f" + std::to_string(n), e.id);
    f.channel = "ok";
    f.value = likes(n, e.version);
    to.push_back(std::move(e));
    to.push_back(std::move(f));
  }
  void serve(int from, int to, const truth& likes) {
    std::vector<event> events;
    for (int n = from; n < to; ++n)
      serve(events, n, likes);
    REQUIRE(append(make_batch("a", events, manual.now())));
  }
  [[nodiscard]] storage::experiment_state state(std::uint64_t n) const {
    return storage::load_experiment_state(
             node->store(), number_of("a"), experiment_number{n})
      .value();
  }
  [[nodiscard]] storage::experiment_summary shown(std::uint64_t n) const {
    return storage::load_experiment_summary(
             node->store(), number_of("a"), experiment_number{n})
      .value();
  }
  /// What was counted of units that are durable.
  [[nodiscard]] std::uint64_t assigned(std::uint64_t n) const {
    std::uint64_t sum = 0;
    for (const auto& epoch : state(n).live.assigned)
      for (const auto count : epoch.counts)
        sum += count;
    return sum;
  }
  [[nodiscard]] version_number champion() const {
    return node->journal().load_state(number_of("a")).value().champion;
  }
  /// Its decision was recorded, and follows from what it was made of.
  void check_record(std::uint64_t n) const {
    const auto record = storage::load_experiment_record(
      node->store(), number_of("a"), experiment_number{n});
    REQUIRE(record.value());
    CHECK(
      analysis::verify_decision((*record)->decision, (*record)->inputs).ok());
    CHECK((*record)->decision.sentence == shown(n).verdict.sentence);
  }

  manual_clock manual{from_ms(1'000'000'000)};
  log_lines complaints;
};

bool gain(int n, version_number version) {
  return version == version_number{1} ? n % 2 == 0 : n % 10 != 0;
}
bool harm(int n, version_number version) {
  return version == version_number{1} ? n % 10 != 0 : n % 10 == 0;
}

/// Trains and scores in one: right on as many of 40 samples as its item says,
/// where the champion is on 30.
result<stage_output> scored(stage_context& context) {
  std::ofstream{context.output_dir() / "model.txt"} << context.item();
  std::ofstream out{context.output_dir() / "scores.jsonl"};
  const auto right = std::stoi(context.item());
  for (int i = 0; i < 40; ++i)
    out << R"({"sample_id":"s)" << i << R"(","metric":"accuracy","champion":)"
        << (i < 30 ? 1 : 0) << R"(,"challenger":)" << (i < right ? 1 : 0)
        << "}\n";
  return stage_output{};
}

/// Of the models that the gate passes, the best two meet live traffic.
std::vector<loop> contest() {
  auto a = loop("a");
  a.channel(boolean("ok"))
    .metric("liked")
    .from("ok")
    .stage("train", scored)
    .for_each(items({"31", "40", "10", "36"}))
    .gate("not worse", not_worse_than_champion("accuracy", {.margin = 0.1}))
    .experiment(
      {.metric = "liked",
       .traffic = 0.6,
       .min_units = 50,
       .max_units = 4'000,
       .max_duration = 48h,
       .horizon = 1min,
       .planned_units = 600,
       .challengers = 2})
    .promote();
  return {a};
}

} // namespace

TEST_CASE_METHOD(
  fixture, "of several challengers live traffic finds the best",
  "[actors][node][experiment]") {
  start(contest());
  // Without a champion the best by the gate is promoted.
  wait_for_end("a", trigger("a"));
  REQUIRE(champion().value != 0);
  const auto model_of = [&](version_number version) {
    const auto found = node->registry().version(number_of("a"), version);
    std::string text;
    std::ifstream{*node->artifacts().path_of(found->artifact.digest)} >> text;
    return text;
  };
  const auto first = champion();
  CHECK(model_of(first) == "40");

  const auto n = trigger("a");
  wait_for_arms();
  const auto& rivals = served().experiment->challengers;
  REQUIRE(rivals.size() == 2); // Of three that passed.
  CHECK(model_of(rivals.at(0).version) == "40");
  CHECK(model_of(rivals.at(1).version) == "36");
  const auto best = rivals.at(1).version;
  serve(0, 1'200, [best](int unit, version_number version) {
    return version == best ? unit % 10 != 0 : unit % 2 == 0;
  });
  manual.advance(2min);
  wait_for_end("a", n);
  INFO(summary("a", n).verdict);
  CHECK(summary("a", n).outcome == iteration_outcome::promoted);
  CHECK(champion() == best);
  CHECK(summary("a", n).version == best);
  CHECK(shown(1).verdict.winner == best);
  CHECK(shown(1).arms.size() == 3);
  check_record(1);
  CHECK(node->journal().verify(number_of("a")));
  CHECK(complaints.read().empty());
}

TEST_CASE_METHOD(
  fixture, "a better version is promoted on the word of live traffic",
  "[actors][node][experiment]") {
  begin();
  const auto n = trigger("a");
  wait_for_arms();
  CHECK(served().version == version_number{1});
  CHECK(served().experiment->challengers.at(0).version == version_number{2});
  CHECK(served().experiment->shares == std::vector<double>{0.5, 0.5});
  serve(0, 400, gain);
  manual.advance(2min);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::promoted);
  CHECK(champion() == version_number{2});
  wait_for_champion_alone();
  CHECK(served().version == version_number{2});
  const auto one = shown(1);
  CHECK(one.verdict.outcome == experiment_outcome::promote);
  CHECK(one.verdict.winner == version_number{2});
  // The promotion is explained with the experiment's sentence.
  CHECK(summary("a", n).verdict == one.verdict.sentence);
  check_record(1);
  // What it knew of its units is gone with it.
  CHECK_FALSE(storage::find_unit(
                node->store(), number_of("a"), experiment_number{1},
                analysis::salted_hash(state(1).salt, "user-0"))
                .value());
  CHECK(node->journal().verify(number_of("a")));
  CHECK(complaints.read().empty());
}

TEST_CASE_METHOD(
  fixture, "harm takes a version out before it is even half looked at",
  "[actors][node][experiment]") {
  begin();
  const auto n = trigger("a");
  wait_for_arms();
  serve(0, 100, harm);
  manual.advance(2min);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::rejected);
  CHECK(champion() == version_number{1});
  wait_for_champion_alone();
  CHECK(served().version == version_number{1});
  CHECK(shown(1).verdict.outcome == experiment_outcome::rolled_back);
  CHECK(state(1).live.shares == std::vector<double>{1, 0});
  check_record(1);
  CHECK(complaints.read().empty());
}

TEST_CASE_METHOD(
  fixture, "an experiment goes on where it was when the engine went down",
  "[actors][node][experiment][restart]") {
  begin();
  const auto n = trigger("a");
  wait_for_arms();
  const auto before = served();
  serve(0, 150, gain);
  eventually("they are counted", [&] { return assigned(1) == 150; });
  stop();
  manual.advance(30s);
  start(loops());
  wait_for_arms();
  CHECK(served().experiment->salt == before.experiment->salt);
  CHECK(served().experiment->shares == before.experiment->shares);
  serve(150, 400, gain);
  eventually("none is counted twice", [&] { return assigned(1) >= 400; });
  stop();
  manual.advance(2min);
  start(loops());
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::promoted);
  CHECK(assigned(1) == 400);
  check_record(1);
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  fixture, "without traffic an experiment ends in its time",
  "[actors][node][experiment]") {
  begin();
  const auto n = trigger("a");
  wait_for_arms();
  manual.advance(48h);
  wait_for_end("a", n);
  CHECK(shown(1).verdict.outcome == experiment_outcome::keep_champion);
  CHECK(summary("a", n).outcome == iteration_outcome::rejected);
  check_record(1);
}

TEST_CASE_METHOD(
  fixture, "a second experiment waits for the first",
  "[actors][node][experiment]") {
  begin();
  const auto first = trigger("a");
  wait_for_arms();
  const auto second = trigger("a");
  const auto waiting = [&] {
    return node->journal()
             .load_state(number_of("a"))
             .value()
             .experiments_waiting.size() == 1;
  };
  eventually("the second one waits", waiting);
  REQUIRE(ask(
    {.verb = operator_verb::cancel,
     .loop = "a",
     .iteration = first,
     .who = "ada",
     .reason = "not now"}));
  wait_for_end("a", first);
  eventually("its arms are served", [&] {
    const auto with = served().experiment;
    return with != nullptr && with->number == experiment_number{2};
  });
  CHECK(shown(1).verdict.outcome == experiment_outcome::canceled);
  CHECK(shown(2).iteration == second);
  // It was canceled, not decided.
  CHECK_FALSE(storage::load_experiment_record(
                node->store(), number_of("a"), experiment_number{1})
                .value());
}

TEST_CASE_METHOD(
  fixture, "moving the champion by hand ends the experiment",
  "[actors][node][experiment]") {
  begin();
  const auto n = trigger("a");
  wait_for_arms();
  const bool skip = GENERATE(true, false);
  if (skip) {
    REQUIRE(ask(
      {.verb = operator_verb::skip,
       .loop = "a",
       .iteration = n,
       .stage = "experiment",
       .who = "ada",
       .reason = "sure enough"}));
  } else {
    REQUIRE(ask(
      {.verb = operator_verb::promote,
       .loop = "a",
       .version = version_number{2},
       .who = "ada",
       .reason = "sure enough"}));
  }
  wait_for_end("a", n);
  wait_for_champion_alone();
  CHECK(champion() == version_number{2});
  CHECK(summary("a", n).outcome == iteration_outcome::promoted);
  CHECK(shown(1).verdict.outcome == experiment_outcome::canceled);
  CHECK(complaints.read().empty());
}

TEST_CASE_METHOD(
  fixture, "without a champion there is nothing to compare with",
  "[actors][node][experiment]") {
  start(loops());
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::promoted);
  CHECK(champion() == version_number{1});
  CHECK(storage::load_experiments(node->store(), number_of("a"), {}, 9)
          .value()
          .empty());
}
