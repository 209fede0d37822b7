#include "analysis/gate.hpp"

#include "analysis/hash.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using Catch::Matchers::Contains;

namespace {

/// Right or wrong on `both + neither + wins + losses` samples.
gate_inputs
binary(int both, int neither, int wins, int losses, double margin = 0.02) {
  gate_inputs in;
  in.metric = "accuracy";
  in.rule.margin = margin;
  in.seed = "digits-7-gate";
  const auto add = [&](int times, double champion, double challenger) {
    for (int i = 0; i < times; ++i)
      in.samples.push_back(
        {"s" + std::to_string(in.samples.size()), champion, challenger, {}});
  };
  add(both, 1, 1);
  add(neither, 0, 0);
  add(wins, 0, 1);
  add(losses, 1, 0);
  return in;
}

/// Scores around 0.6 whose difference is `gain` plus noise.
gate_inputs numbers(int n, double gain, double margin = 0.02) {
  gate_inputs in;
  in.metric = "helpfulness";
  in.rule.margin = margin;
  in.seed = "chat-3-gate";
  for (int i = 0; i < n; ++i) {
    const auto champion = 0.4 + 0.4 * to_unit(draw(1, i));
    const auto noise = 0.2 * (to_unit(draw(4, i)) - 0.5);
    in.samples.push_back(
      {"s" + std::to_string(i), champion, champion + gain + noise, {}});
  }
  return in;
}

gate_evidence judge(const gate_inputs& in) {
  auto evidence = evaluate_gate(in);
  REQUIRE(evidence.ok());
  UNSCOPED_INFO(evidence->sentence);
  return *evidence;
}

} // namespace

TEST_CASE("a clearly better challenger passes with few pairs", "[gate]") {
  const auto ev = judge(binary(45, 6, 8, 1));
  CHECK(ev.verdict == gate_verdict::passed);
  CHECK(ev.n == 60);
  CHECK(ev.wins == 8);
  CHECK(ev.losses == 1);
  CHECK(*ev.difference == Approx(7. / 60));
  CHECK(*ev.lower > 0);
  CHECK(*ev.upper > *ev.difference);
  CHECK(ev.method == "Tango score bounds");
  CHECK(ev.test == "exact McNemar");
  // 2 * (1 + 9) / 2^9.
  CHECK(*ev.p_value == Approx(20. / 512));
  CHECK_THAT(
    ev.sentence,
    Contains("challenger 0.8833 against champion 0.7667 on 60 pairs: better "
             "by 0.117, and with 95 % confidence at least 0.0") &&
      Contains("a loss below 0.02 is allowed"));
}

TEST_CASE("what few pairs cannot show does not pass, and it says what would") {
  // One percent worse, inside the margin, but 100 pairs cannot tell.
  const auto ev = judge(binary(85, 8, 3, 4));
  CHECK(ev.verdict == gate_verdict::failed);
  CHECK(*ev.lower < -0.02);
  CHECK_THAT(
    ev.sentence,
    Contains("worse by 0.01") && Contains("pairs would show") &&
      Contains("larger margin"));
  // The same shares on a hundred times as many pairs do pass.
  CHECK(judge(binary(8500, 800, 300, 400)).verdict == gate_verdict::passed);
}

TEST_CASE("a challenger that loses more than the margin fails", "[gate]") {
  const auto ev = judge(binary(800, 80, 20, 100));
  CHECK(ev.verdict == gate_verdict::failed);
  CHECK_THAT(ev.sentence, Contains("cleaner feedback"));
}

TEST_CASE("an identical challenger passes once the margin is resolved") {
  CHECK(judge(binary(50, 0, 0, 0)).verdict == gate_verdict::failed);
  // The sentence of the first tells how many: 1.645^2 * 0.98 / 0.02 = 132.6.
  CHECK_THAT(judge(binary(50, 0, 0, 0)).sentence, Contains("about 140 pairs"));
  CHECK(judge(binary(140, 0, 0, 0)).verdict == gate_verdict::passed);
}

TEST_CASE("too few pairs are insufficient, whatever they say", "[gate]") {
  const auto ev = judge(binary(1, 0, 8, 0));
  CHECK(ev.verdict == gate_verdict::insufficient);
  CHECK_THAT(ev.sentence, Contains("9 pairs") && Contains("10 pairs are"));
}

TEST_CASE("must_improve asks for a significant improvement", "[gate]") {
  auto better = binary(60, 10, 20, 6);
  auto alike = binary(60, 10, 14, 12);
  auto quiet = binary(90, 0, 7, 0);
  better.rule.must_improve = alike.rule.must_improve = true;
  quiet.rule.must_improve = true;
  CHECK(judge(better).verdict == gate_verdict::passed);
  CHECK(judge(alike).verdict == gate_verdict::failed);
  // Seven disagreements are too few for the test.
  CHECK(judge(quiet).verdict == gate_verdict::insufficient);
  CHECK_THAT(judge(quiet).sentence, Contains("differ on 7 pairs only"));
}

TEST_CASE("without a champion the challenger passes by having scores") {
  auto in = binary(5, 5, 0, 0);
  in.has_champion = false;
  for (auto& sample : in.samples)
    sample.champion.reset();
  const auto ev = judge(in);
  CHECK(ev.verdict == gate_verdict::passed);
  CHECK(ev.method == "no champion");
  CHECK(*ev.challenger_mean == 0.5);
  CHECK_FALSE(ev.lower);

  SECTION("but not without scores") {
    in.samples.clear();
    CHECK(judge(in).verdict == gate_verdict::insufficient);
    CHECK_THAT(judge(in).sentence, Contains("scores.jsonl"));
  }
  SECTION("nor where a champion was only not scored") {
    in.has_champion = true;
    CHECK(judge(in).verdict == gate_verdict::insufficient);
    CHECK_THAT(judge(in).sentence, Contains("none of them"));
  }
}

TEST_CASE("numbers are judged by the paired bootstrap and t", "[gate]") {
  const auto better = judge(numbers(60, 0.05));
  CHECK(better.verdict == gate_verdict::passed);
  CHECK(better.method == "paired bootstrap (BCa) and t");
  CHECK(*better.lower > 0);
  CHECK(*better.p_value < 0.001);
  CHECK(judge(numbers(60, -0.05)).verdict == gate_verdict::failed);
  // Worse by half the margin: 10 pairs cannot tell, 1,000 can.
  CHECK(judge(numbers(10, -0.01)).verdict == gate_verdict::failed);
  CHECK(judge(numbers(1000, -0.01)).verdict == gate_verdict::passed);
}

TEST_CASE("numbers without spread prove nothing, except identity", "[gate]") {
  auto in = numbers(20, 0);
  for (auto& sample : in.samples)
    sample.challenger = *sample.champion;
  CHECK(judge(in).verdict == gate_verdict::passed);
  CHECK(judge(in).method == "identical scores");
  for (auto& sample : in.samples) {
    sample.champion = 0.5;
    sample.challenger = 0.75;
  }
  CHECK(judge(in).verdict == gate_verdict::insufficient);
}

TEST_CASE("where lower is better, less is an improvement", "[gate]") {
  auto in = numbers(60, -0.05);
  in.higher_is_better = false;
  const auto ev = judge(in);
  CHECK(ev.verdict == gate_verdict::passed);
  CHECK(*ev.difference > 0);
  CHECK(*ev.challenger_mean < *ev.champion_mean);
  in = numbers(60, 0.05);
  in.higher_is_better = false;
  CHECK(judge(in).verdict == gate_verdict::failed);
}

TEST_CASE("samples with one score are counted but not used", "[gate]") {
  auto in = binary(45, 6, 8, 1);
  in.samples.push_back({"x1", 1.0, std::nullopt, {}});
  in.samples.push_back({"x2", std::nullopt, 0.0, {}});
  const auto ev = judge(in);
  CHECK(ev.n == 60);
  CHECK(ev.unpaired == 2);
}

TEST_CASE("a slice that regresses stops what would pass as a whole") {
  auto in = binary(500, 20, 60, 0);
  for (int i = 0; i < 30; ++i)
    in.samples.push_back(
      {"t" + std::to_string(i), 1.0, i < 15 ? 0.0 : 1.0, {"writer=w3"}});
  CHECK(judge(in).slices_tested == 1);
  const auto ev = judge(in);
  CHECK(ev.verdict == gate_verdict::failed);
  CHECK(*ev.lower > 0);
  REQUIRE(ev.regressions.size() == 1);
  CHECK(ev.regressions[0].slice == "writer=w3");
  CHECK(ev.regressions[0].difference == -0.5);
  CHECK_THAT(ev.sentence, Contains("writer=w3"));
}

TEST_CASE("a slice may lose up to twice the margin", "[gate]") {
  auto in = binary(5000, 200, 600, 0);
  for (int i = 0; i < 1000; ++i)
    in.samples.push_back(
      {"t" + std::to_string(i), 1.0, i < 30 ? 0.0 : 1.0, {"writer=w3"}});
  CHECK(judge(in).verdict == gate_verdict::passed);
  in.rule.margin = 0.01;
  CHECK(judge(in).verdict == gate_verdict::failed);
}

TEST_CASE("slices that only wobble do not stop the gate", "[gate]") {
  // 50 slices of 40 alike pairs with 10 % disagreement either way: uncorrected
  // tests at 5 % would flag one in most cases; Holm's keeps all at 5 %.
  int stopped = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    auto in = binary(0, 0, 0, 0, 0.02);
    for (std::uint64_t i = 0; i < 2000; ++i) {
      const auto u = to_unit(draw(mix64(seed), i));
      in.samples.push_back(
        {"s" + std::to_string(i),
         u < 0.1 ? 0.0 : 1.0,
         u >= 0.1 && u < 0.2 ? 0.0 : 1.0,
         {"w" + std::to_string(i % 50)}});
    }
    stopped += judge(in).regressions.empty() ? 0 : 1;
  }
  CHECK(stopped <= 4);
}

TEST_CASE("the evidence does not depend on the order of samples", "[gate]") {
  auto in = numbers(80, 0.01);
  const auto before = judge(in);
  std::reverse(in.samples.begin(), in.samples.end());
  const auto after = judge(in);
  CHECK(*before.lower == *after.lower);
  CHECK(*before.upper == *after.upper);
  CHECK(before.sentence == after.sentence);
}

TEST_CASE("unsound inputs are refused by name", "[gate]") {
  auto in = binary(20, 0, 0, 0);
  SECTION("a sample that comes twice") {
    in.samples.push_back(in.samples[3]);
    CHECK_THAT(evaluate_gate(in).err().message, Contains("sample s3"));
  }
  SECTION("a score that is not a number") {
    in.samples[5].challenger = std::nan("");
    CHECK_THAT(evaluate_gate(in).err().message, Contains("sample s5"));
  }
  SECTION("an alpha out of range") {
    in.rule.alpha = 0;
    CHECK_THAT(evaluate_gate(in).err().message, Contains("alpha"));
  }
  SECTION("a negative margin") {
    in.rule.margin = -0.1;
    CHECK_THAT(evaluate_gate(in).err().message, Contains("margin"));
  }
  CHECK(evaluate_gate(in).err().code == errc::invalid_argument);
}
