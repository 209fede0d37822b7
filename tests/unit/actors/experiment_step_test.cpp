#include "actors/detail/experiment_setup.hpp"
#include "actors/detail/experiment_step.hpp"
#include "storage/loop_journal.hpp"
#include "tests/unit/storage/history_fixture.hpp"

#include "analysis/hash.hpp"
#include "ratchet/loop.hpp"

#include <functional>
#include <map>

using namespace ratchet;
using namespace ratchet::test;
using namespace std::chrono_literals;
using actors::detail::experiment_piece;
using actors::detail::make_experiment;
using actors::detail::step_experiment;

namespace {

constexpr std::int64_t second = 1000;

/// An experiment over a history of its own, under a clock of its own: version
/// 4 against version 3, on thumbs that come within 10 s.
struct fixture : history_fixture {
  fixture() {
    number = add_loop("a");
    node.store = db.get();
    node.history = log.get();
    experiment_options options{
      .metric = "liked",
      .guardrails = {{"stars", 0.05, 1.0}},
      .max_duration = 24h,
      .horizon = 10s};
    auto made = loop("a");
    made.channel(boolean("ok"))
      .channel(number_between("stars", 1, 5))
      .metric("liked")
      .from("ok")
      .metric("stars")
      .from("stars")
      .stage("train", command("true"))
      .experiment(std::move(options));
    workflows::experiment_begun begun;
    begun.number = experiment_number{1};
    begun.request = {
      iteration_number{1}, "experiment", 1, "f", {version_number{4}}};
    begun.champion = version_number{3};
    begun.at = now;
    auto state = make_experiment(made.definition(), begun, log->end(number));
    REQUIRE(state.ok());
    first = std::move(*state);
  }

  void take_in(const std::vector<event>& events, std::int64_t ms) {
    append(make_batch("a", events, now + duration{ms}));
  }
  static event served(
    const std::string& id, std::size_t arm, const std::string& subject = {},
    double propensity = 0.5) {
    auto e = interaction(id, subject);
    e.version = version_number{arm == 0 ? 3U : 4U};
    e.arm = analysis::arm_name(arm);
    e.propensity = propensity;
    return e;
  }
  static event said(const std::string& about, bool liked, int n = 0) {
    auto e = feedback("f" + std::to_string(n) + "-" + about, about);
    e.channel = "ok";
    e.value = liked;
    return e;
  }
  experiment_piece
  step(const storage::experiment_state& state, std::int64_t ms) {
    auto piece = step_experiment(node, number, state, now + duration{ms});
    if (piece.failure)
      FAIL(piece.failure->message);
    return piece;
  }
  storage::experiment_state
  commit_step(const storage::experiment_state& state, std::int64_t ms) {
    auto piece = step(state, ms);
    REQUIRE(db->commit(piece.batch).ok());
    return piece.state;
  }
  static std::uint64_t units(const std::vector<analysis::ratio_epoch>& epochs) {
    std::uint64_t sum = 0;
    for (const auto& epoch : epochs)
      for (const auto count : epoch.counts)
        sum += count;
    return sum;
  }

  loop_number number;
  actors::services node;
  time_point now = from_ms(1'000'000'000);
  storage::experiment_state first;
};

const analysis::score_sums& liked(const storage::experiment_state& state) {
  return state.live.challengers.at(0).metrics.at(0).sums;
}

} // namespace

TEST_CASE_METHOD(
  fixture, "a unit counts when its time for feedback is over",
  "[actors][experiment]") {
  take_in({served("i1", 0), served("i2", 1)}, 1 * second);
  take_in({said("i1", true), said("i2", false)}, 5 * second);
  auto piece = step(first, 6 * second);
  CHECK(units(piece.state.live.assigned) == 2);
  CHECK(units(piece.state.live.matured) == 0);
  CHECK(piece.look_again == now + 11s);
  CHECK(piece.counted);
  CHECK_FALSE(piece.more);
  piece = step(piece.state, 11 * second);
  CHECK(units(piece.state.live.matured) == 2);
  CHECK(liked(piece.state).champion_units == 1);
  CHECK(value_of(liked(piece.state).champion_outcomes) == 1);
  CHECK(value_of(liked(piece.state).challenger_outcomes) == 0);
  // Of stars nothing was said: the guardrail's default.
  const auto& stars = piece.state.live.challengers.at(0).metrics.at(1).sums;
  CHECK(value_of(stars.challenger_outcomes) == 1);
  // Nothing is counted twice.
  const auto again = step(piece.state, 12 * second);
  CHECK_FALSE(again.counted);
  CHECK(encode(again.state) == encode(piece.state));
}

TEST_CASE_METHOD(
  fixture, "feedback behind the horizon is not counted",
  "[actors][experiment]") {
  take_in({served("i1", 0)}, 0);
  take_in({said("i1", true, 1)}, 10 * second);
  take_in({said("i1", false, 2)}, 10 * second + 1);
  const auto piece = step(first, 60 * second);
  CHECK(liked(piece.state).champion_units == 1);
  CHECK(value_of(liked(piece.state).champion_outcomes) == 1);
  // What is silent answers with nothing.
  take_in({served("i2", 0)}, 11 * second);
  const auto silent = step(piece.state, 60 * second);
  CHECK(units(silent.state.live.matured) == 2);
  CHECK(liked(silent.state).champion_units == 1);
}

TEST_CASE_METHOD(
  fixture, "a subject counts once, by its first exposure",
  "[actors][experiment]") {
  take_in({served("i1", 1, "ann"), served("i2", 1, "ann")}, 0);
  take_in({said("i1", true), said("i2", false)}, 1 * second);
  auto state = commit_step(first, 1 * second);
  CHECK(units(state.live.assigned) == 1);
  // Also across steps, and a restart.
  take_in({served("i3", 1, "ann"), served("i4", 1, "bob")}, 2 * second);
  state = storage::load_experiment_state(*db, number, state.number).value();
  state = commit_step(state, 60 * second);
  CHECK(units(state.live.assigned) == 2);
  CHECK(units(state.live.matured) == 2);
  CHECK(liked(state).challenger_units == 1);
  CHECK(value_of(liked(state).challenger_outcomes) == 1);
}

TEST_CASE_METHOD(
  fixture, "what the experiment did not serve is passed over, or counted apart",
  "[actors][experiment]") {
  auto outside = served("i1", 0, "", 1);
  auto older = served("i2", 0);
  older.version = version_number{2};
  take_in({outside, older}, 0);
  CHECK_FALSE(step(first, 60 * second).counted);
  take_in({served("i3", 1, "", 0.3)}, 0);
  auto piece = step(first, 60 * second);
  CHECK(piece.state.unknown == 1);
  CHECK(units(piece.state.live.assigned) == 0);
  take_in({served("i4", 1, "", 0)}, 0);
  piece = step(first, 60 * second);
  CHECK(piece.state.live.excluded == 1);
  CHECK_FALSE(piece.decision); // One says little,
  take_in({served("i5", 1, "", 0)}, 0);
  piece = step(first, 60 * second);
  CHECK(piece.state.live.excluded == 2);
  REQUIRE(piece.decision); // and all of two enough.
  CHECK(
    piece.decision->decision.verdict == analysis::experiment_verdict::invalid);
}

TEST_CASE_METHOD(
  fixture, "time alone ends an experiment without traffic",
  "[actors][experiment]") {
  auto piece = step(first, 0);
  CHECK_FALSE(piece.decision);
  CHECK(piece.look_again == now + 24h);
  piece = step(first, 24 * 3600 * second);
  REQUIRE(piece.decision);
  CHECK(
    piece.decision->decision.verdict ==
    analysis::experiment_verdict::keep_champion);
  CHECK(verify_decision(piece.decision->decision, piece.decision->inputs).ok());
}

TEST_CASE_METHOD(
  fixture, "harm ends it within dozens of units", "[actors][experiment]") {
  std::vector<event> events;
  for (int i = 0; i < 60; ++i) {
    const auto id = "i" + std::to_string(i);
    const auto arm = static_cast<std::size_t>(i % 2);
    events.push_back(served(id, arm));
    events.push_back(said(id, arm == 0));
  }
  take_in(events, 0);
  const auto piece = step(first, 60 * second);
  REQUIRE(piece.decision);
  CHECK(
    piece.decision->decision.verdict ==
    analysis::experiment_verdict::rolled_back);
  // Its shares are the champion's again, and that is on record.
  CHECK(piece.moved);
  CHECK(piece.state.live.shares == std::vector<double>{1, 0});
  CHECK(piece.state.moves.size() == 2);
}

TEST_CASE_METHOD(
  fixture, "a restart at every commit leads to the same bits",
  "[actors][experiment][model]") {
  const auto seed = GENERATE(std::uint64_t{1}, 2, 3, 4, 5);
  INFO("seed " << seed);
  std::uint64_t draws = 0;
  const auto pick = [&](std::uint64_t n) {
    return analysis::to_index(analysis::draw(seed, ++draws), n);
  };
  // One that steps on and on, and one that forgets everything at each step, and
  // makes each step twice, as after a crash before the commit.
  auto steady = first;
  auto restarted = first;
  std::map<std::string, std::int64_t> first_of_subject;
  std::uint64_t alone = 0;
  std::int64_t ms = 0;
  for (int round = 0; round < 40; ++round) {
    std::vector<event> events;
    for (std::uint64_t i = 0, n = pick(8); i < n; ++i) {
      const auto id = std::to_string(round) + "." + std::to_string(i);
      const auto subject =
        pick(3) == 0 ? std::string{} : "s" + std::to_string(pick(40));
      const auto arm =
        subject.empty() ? pick(2) : analysis::salted_hash("arm", subject) % 2;
      events.push_back(served(id, static_cast<std::size_t>(arm), subject));
      if (subject.empty())
        ++alone;
      else
        first_of_subject.emplace(subject, ms);
      if (pick(2) == 0)
        events.push_back(said(id, pick(10) < 6 + arm));
    }
    if (!events.empty())
      take_in(events, ms);
    ms += static_cast<std::int64_t>(pick(6'000));
    // The steady one sees what it has committed itself: the same units.
    const auto piece = step(restarted, ms);
    const auto twice = step(restarted, ms);
    REQUIRE(encode(piece.state) == encode(twice.state));
    const auto straight = step(steady, ms);
    REQUIRE(encode(piece.state) == encode(straight.state));
    REQUIRE(db->commit(piece.batch).ok());
    steady = straight.state;
    restarted =
      storage::load_experiment_state(*db, number, first.number).value();
    REQUIRE(encode(restarted) == encode(steady));
    if (piece.decision)
      return;
  }
  const auto end = step(restarted, ms + 60 * second).state;
  CHECK(units(end.live.assigned) == alone + first_of_subject.size());
  CHECK(units(end.live.matured) == units(end.live.assigned));
}

TEST_CASE("what a check of the definition accepts can begin", "[experiment]") {
  using change = std::function<void(experiment_options&)>;
  const change edit = GENERATE(values<change>({
    [](auto& o) { o.traffic = o.min_share; },
    [](auto& o) { o.traffic = 1 - o.min_share; },
    [](auto& o) { o.min_share = o.traffic = 0.5; },
    [](auto& o) {
      o.ramp = {{0.05, 1h}, {0.95, 0h}};
    },
    [](auto& o) { o.alpha = o.guardrail_alpha = o.harm_alpha = 0.5; },
    [](auto& o) { o.alpha = o.guardrail_alpha = o.harm_alpha = 1e-9; },
    [](auto& o) { o.harm_margin = 0.999; },
    [](auto& o) { o.min_effect = 0.999; },
    [](auto& o) { o.min_effect = -0.999; },
    [](auto& o) { o.guardrails[0].allowed_loss = 0.999; },
    [](auto& o) { o.guardrails[0].allowed_loss = 1e-9; },
    [](auto& o) { o.planned_units = 1; },
    [](auto& o) { o.planned_units = 1e15; },
    [](auto& o) { o.min_units = o.max_units = 1; },
    [](auto& o) { o.max_units = UINT64_MAX; },
    [](auto& o) { o.min_duration = o.max_duration; },
    [](auto& o) { o.default_outcome = 0; },
  }));
  experiment_options options{
    .metric = "liked", .guardrails = {{"stars", 0.05}}, .max_duration = 48h};
  edit(options);
  auto made = loop("a");
  made.channel(boolean("ok"))
    .channel(number_between("stars", 1, 5))
    .metric("liked")
    .from("ok")
    .metric("stars")
    .from("stars")
    .stage("train", command("true"))
    .experiment(std::move(options));
  const auto checked = check(made);
  INFO((checked ? std::string{} : checked.err().message));
  REQUIRE(checked.ok());
  workflows::experiment_begun begun;
  begun.number = experiment_number{1000}; // It has hardly anything to spend.
  begun.request.stage = "experiment";
  begun.request.challengers = {version_number{4}};
  begun.champion = version_number{3};
  const auto begins = make_experiment(made.definition(), begun, {});
  INFO((begins ? std::string{} : begins.err().message));
  CHECK(begins.ok());
}
