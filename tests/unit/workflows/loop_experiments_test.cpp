#include "live_loop.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;

namespace {

/// A loop with champion 3, versions up to 5, and iterations 1 and 2 running.
struct loop_with_champion : loop_under_test {
  loop_with_champion() {
    definition.max_in_flight = 2;
    state.last_version = version_number{5};
    must(set_champion{version_number{2}, "ada", "first"});
    must(set_champion{version_number{3}, "ada", "second"});
    must(start_iteration{"ada", "", {}, {}});
    must(start_iteration{"ada", "", {}, {}});
  }

  static experiment_request request(
    std::uint64_t iteration, std::uint32_t attempt = 1,
    std::uint64_t version = 4) {
    return {
      iteration_number{iteration},
      "experiment",
      attempt,
      "f1",
      {version_number{version}}};
  }
  std::vector<loop_event> want(const experiment_request& wanted) {
    return must(want_experiment{wanted});
  }
  [[nodiscard]] experiment_verdict
  verdict(experiment_outcome outcome, std::uint64_t number = 1) const {
    return {
      experiment_number{number}, outcome, state.champion,
      version_number{outcome == experiment_outcome::promote ? 4U : 0U},
      "because"};
  }
  [[nodiscard]] const experiment_verdict& told(std::uint64_t iteration) const {
    return state.experiments_ended.at(iteration_number{iteration}).verdict;
  }
};

template <class Event>
const Event& only(const std::vector<loop_event>& events) {
  const Event* found = nullptr;
  for (const auto& event : events)
    if (const auto* one = std::get_if<Event>(&event)) {
      REQUIRE(found == nullptr);
      found = one;
    }
  REQUIRE(found != nullptr);
  return *found;
}

} // namespace

TEST_CASE("an experiment begins when none runs", "[loop][experiment]") {
  loop_with_champion loop;
  const auto begun = only<experiment_begun>(loop.want(loop.request(1)));
  CHECK(
    begun ==
    experiment_begun{
      experiment_number{1}, loop.request(1), version_number{3}, 0, loop.now});
  REQUIRE(loop.state.experiment);
  CHECK(loop.state.experiment->champion == version_number{3});
  CHECK(loop.state.experiments_waiting.empty());
  // Asked again, as after a restart, it is known.
  CHECK(loop.want(loop.request(1)).empty());
}

TEST_CASE(
  "a second experiment waits for the first, and then has the champion of then",
  "[loop][experiment]") {
  loop_with_champion loop;
  loop.want(loop.request(1));
  const auto queued = loop.want(loop.request(2, 1, 5));
  CHECK(queued.size() == 1);
  CHECK(loop.state.experiments_waiting == std::vector{loop.request(2, 1, 5)});
  CHECK(loop.want(loop.request(2, 1, 5)).empty());
  const auto events =
    loop.must(end_experiment{loop.verdict(experiment_outcome::promote)});
  REQUIRE(events.size() == 2);
  CHECK(std::get<experiment_ended>(events[0]).iteration.value == 1);
  const auto& next = std::get<experiment_begun>(events[1]);
  CHECK(next.number == experiment_number{2});
  CHECK(next.request == loop.request(2, 1, 5));
  CHECK(next.won_before == 1);
  CHECK(loop.told(1).outcome == experiment_outcome::promote);
  CHECK(loop.state.experiments_waiting.empty());
  // What won is promoted: the one that runs is against yesterday's champion.
  const auto moved = loop.must(promote_version{
    iteration_number{1}, version_number{4}, version_number{3}, "it won"});
  CHECK(only<champion_moved>(moved).to == version_number{4});
  CHECK(only<experiment_ended>(moved).iteration.value == 2);
  CHECK(loop.told(2).outcome == experiment_outcome::canceled);
  CHECK_FALSE(loop.state.experiment);
}

TEST_CASE(
  "an experiment without a rival ends at once, and passes",
  "[loop][experiment]") {
  loop_with_champion loop;
  const auto [champion, why] = GENERATE(table<std::uint64_t, std::string>(
    {{0, "there is no champion to compare with"},
     {4, "version 4 is the champion already"}}));
  loop.state.champion = version_number{champion};
  const auto events = loop.want(loop.request(1));
  CHECK(only<experiment_ended>(events).verdict.experiment.value == 0);
  CHECK_FALSE(loop.state.experiment);
  CHECK(loop.told(1).outcome == experiment_outcome::nothing_to_compare);
  CHECK(loop.told(1).sentence == why);
  CHECK(lets_pass(loop.told(1)));
  CHECK(loop.want(loop.request(1)).empty());
  CHECK(loop.state.experiments_begun.value == 0);
}

TEST_CASE("of several without a rival one goes on", "[loop][experiment]") {
  loop_with_champion loop;
  auto several = loop.request(1);
  several.challengers = {version_number{5}, version_number{4}};
  SECTION("the best by the gates, if there is no champion") {
    loop.state.champion = {};
    loop.want(several);
    CHECK(loop.told(1).winner == version_number{5});
    CHECK(
      loop.told(1).sentence ==
      "there is no champion to compare with; version 5 is the best of them by "
      "the gates");
  }
  SECTION("the one that is champion by now") {
    loop.state.champion = version_number{4};
    loop.want(several);
    CHECK(loop.told(1).winner == version_number{4});
  }
  CHECK(loop.told(1).outcome == experiment_outcome::nothing_to_compare);
  CHECK_FALSE(loop.state.experiment);
}

TEST_CASE("what cannot be compared is refused", "[loop][experiment]") {
  loop_with_champion loop;
  CHECK(loop.refused(want_experiment{loop.request(7)}) == errc::conflict);
  auto nothing = loop.request(1);
  nothing.challengers.clear();
  CHECK(loop.refused(want_experiment{nothing}) == errc::invalid_argument);
}

TEST_CASE(
  "moving the champion by hand cancels the experiment", "[loop][experiment]") {
  loop_with_champion loop;
  loop.want(loop.request(1));
  const bool back = GENERATE(true, false);
  const auto events = back
    ? loop.must(roll_back{"ada", "complaints"})
    : loop.must(set_champion{version_number{5}, "ada", "complaints"});
  REQUIRE(events.size() == 2);
  CHECK(std::holds_alternative<champion_moved>(events[0]));
  CHECK_FALSE(loop.state.experiment);
  CHECK(loop.told(1).outcome == experiment_outcome::canceled);
  CHECK_FALSE(lets_pass(loop.told(1)));
  CHECK(
    loop.told(1).sentence ==
    "experiment 1 was canceled: ada moved the champion to version " +
      std::string{back ? "2" : "5"} + ": complaints");
}

TEST_CASE("moving it to the challenger lets that pass", "[loop][experiment]") {
  loop_with_champion loop;
  loop.want(loop.request(1));
  loop.must(set_champion{version_number{4}, "ada", "good enough"});
  CHECK(loop.told(1).outcome == experiment_outcome::canceled);
  CHECK(loop.told(1).winner == version_number{4});
  CHECK(lets_pass(loop.told(1)));
}

TEST_CASE(
  "an iteration that leaves, or ends, takes its experiment along",
  "[loop][experiment]") {
  loop_with_champion loop;
  loop.want(loop.request(1));
  loop.want(loop.request(2, 1, 5));
  SECTION("the one that runs, left") {
    const auto events =
      loop.must(quit_experiment{iteration_number{1}, "experiment", 1});
    CHECK(only<experiment_begun>(events).request.iteration.value == 2);
    CHECK(
      loop.told(1).sentence ==
      "experiment 1 was canceled: iteration 1 has "
      "left it");
  }
  SECTION("the one that waits, left") {
    loop.must(quit_experiment{iteration_number{2}, "experiment", 1});
    CHECK(loop.state.experiments_waiting.empty());
    CHECK(loop.state.experiment->request.iteration.value == 1);
  }
  SECTION("the one that runs, closed") {
    const auto events = loop.must(close_iteration{
      iteration_number{1}, iteration_outcome::canceled, {}, {}, {}});
    CHECK(only<experiment_begun>(events).request.iteration.value == 2);
    // Nobody asks for it any more.
    CHECK(loop.state.experiments_ended.empty());
  }
  SECTION("the one that waits, closed") {
    loop.must(close_iteration{
      iteration_number{2}, iteration_outcome::canceled, {}, {}, {}});
    CHECK(loop.state.experiments_waiting.empty());
    CHECK(loop.state.experiment->request.iteration.value == 1);
  }
  SECTION("another attempt than the one that runs") {
    CHECK(
      loop.must(quit_experiment{iteration_number{1}, "experiment", 2}).empty());
  }
}

TEST_CASE(
  "a later attempt takes the place of an earlier one", "[loop][experiment]") {
  loop_with_champion loop;
  loop.want(loop.request(1));
  const auto events = loop.want(loop.request(1, 2));
  CHECK(only<experiment_ended>(events).attempt == 1);
  CHECK(only<experiment_begun>(events).request.attempt == 2);
  CHECK(loop.state.experiment->number == experiment_number{2});
}

TEST_CASE(
  "a verdict of an experiment that is over changes nothing",
  "[loop][experiment]") {
  loop_with_champion loop;
  const auto kept = loop.verdict(experiment_outcome::keep_champion);
  CHECK(loop.must(end_experiment{kept}).empty());
  loop.want(loop.request(1));
  CHECK(loop.must(end_experiment{loop.verdict(experiment_outcome::invalid, 2)})
          .empty());
  loop.must(end_experiment{kept});
  CHECK(loop.must(end_experiment{kept}).empty());
  CHECK(loop.state.experiments_won == 0);
}
