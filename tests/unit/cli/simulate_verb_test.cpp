#include "cli/simulation_flags.hpp"
#include "cli/verbs.hpp"
#include "fake_engine.hpp"
#include "ratchet/loop.hpp"

using namespace ratchet;
using namespace ratchet::cli;
using Catch::Matchers::Contains;

namespace {

simulation_flags few_runs() {
  simulation_flags flags;
  flags.runs = 5;
  flags.max_units = 1000;
  return flags;
}

} // namespace

TEST_CASE_METHOD(
  verb_fixture, "a simulation says how often each verdict came", "[cli]") {
  auto flags = few_runs();
  flags.truths = {"harm", "lost-units", "gain"};
  flags.rate = 0.5;
  flags.effect = 0.3;
  flags.harm = 0.4;
  context.output = output_format::json;
  REQUIRE(simulate(context, flags, {}).ok());
  const auto answer = json::parse(out.text());
  REQUIRE(answer.size() == 3);
  const auto& harm = answer[0];
  CHECK(harm.at("truth") == "harm");
  CHECK(harm.at("runs") == 5);
  CHECK(harm.at("promoted_wrongly") == 0);
  const auto& stopped = harm.at("verdicts").at("rolled back");
  CHECK(stopped.at("runs") == 5);
  CHECK(stopped.at("interval")[0].get<double>() == Approx(0.478).margin(1e-3));
  CHECK(stopped.at("interval")[1] == 1);
  CHECK(stopped.at("median_units").get<int>() < 200);
  CHECK(answer[2].at("verdicts").at("promote").at("runs") == 5);
}

TEST_CASE_METHOD(
  verb_fixture, "a simulation is a table with its promise", "[cli]") {
  auto flags = few_runs();
  flags.truths = {"harm"};
  flags.rate = 0.9;
  flags.harm = 0.7;
  REQUIRE(simulate(context, flags, {}).ok());
  CHECK_THAT(out.text(), Contains("TRUTH  PROMOTE  KEEP CHAMPION"));
  CHECK_THAT(out.text(), Contains("100 % (47.8-100)"));
  CHECK_THAT(
    err.text(),
    Contains("Without a gain, 0 of 5 runs promoted; the promise is at most "
             "3.04 % for the first experiment of a series."));
}

TEST_CASE_METHOD(
  verb_fixture, "what cannot be simulated says what can", "[cli]") {
  const auto mistake = [&](auto change) {
    auto flags = few_runs();
    change(flags);
    const auto done = simulate(context, flags, {});
    return done.ok() ? std::string{} : done.err().message;
  };
  CHECK(
    mistake([](auto& f) { f.truths = {"boom"}; }) ==
    "simulate: there is no truth \"boom\"; there are no-effect, gain, harm, "
    "wave, drift, slow-feedback, fewer-answers, lost-units");
  CHECK_THAT(
    mistake([](auto& f) { f.allocation = "luck"; }),
    Contains("there are equal, thompson, top-two, track-and-stop"));
  CHECK_THAT(
    mistake([](auto& f) { f.horizon = "soon"; }),
    Contains("\"soon\" is no duration"));
  CHECK_THAT(
    mistake([](auto& f) { f.traffic = "some"; }),
    Contains("\"some\" is no step of a ramp"));
  CHECK_THAT(
    mistake([](auto& f) { f.traffic = "0.5 1h, 0.2"; }),
    Contains("the steps of a ramp must not go down"));
  CHECK_THAT(
    mistake([](auto& f) { f.rate = 0.99; }),
    Contains("truth gain: simulation: every rate must be in [0, 1]"));
  CHECK(out.text().empty());
}

TEST_CASE_METHOD(
  verb_fixture, "a loop's own experiment is simulated", "[cli]") {
  using namespace std::chrono_literals;
  const auto declared =
    loop("greeter")
      .channel(boolean("thumbs"))
      .metric("liked")
      .from("thumbs")
      .stage("train", command("true"))
      .experiment(
        {.metric = "liked", .min_units = 10, .max_units = 300, .horizon = 1min})
      .promote();
  auto flags = few_runs();
  flags.loop = "greeter";
  flags.truths = {"no-effect"};
  flags.feedback_delay = "5s";
  context.output = output_format::json;
  REQUIRE(simulate(context, flags, {declared}).ok());
  const auto answer = json::parse(out.text());
  const auto& kept = answer[0].at("verdicts").at("keep champion");
  CHECK(kept.at("runs") == 5);
  CHECK(kept.at("median_units").get<int>() >= 300);
  CHECK(kept.at("median_units").get<int>() < 330);

  flags.loop = "other";
  CHECK(
    simulate(context, flags, {declared}).err().message ==
    "simulate: this program declares no loop \"other\"; it declares greeter");
  CHECK_THAT(
    simulate(context, flags, {loop("other")}).err().message,
    Contains("loop \"other\" declares no experiment"));
}
