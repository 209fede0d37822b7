#include "analysis/raters.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;

namespace {

/// Dawid, Skene (1979), table 1: 45 patients; the first anaesthetist's three
/// labels, then one of each of four others.
const std::vector<std::string> anaesthetists{
  "1111111", "3334334", "1122122", "2223121", "2223222", "2223322", "1222111",
  "3333433", "2222223", "2322223", "4444444", "2223343", "1111111", "2223212",
  "1211111", "1112111", "1111111", "1111111", "2222221", "2221322", "2222222",
  "2222221", "2223222", "2212222", "1111111", "1111111", "2322222", "1111111",
  "1111111", "1121121", "1111111", "3333233", "1111111", "2222222", "2223232",
  "4334343", "2212232", "2323233", "3333432", "1111111", "1111111", "1212111",
  "2322222", "1211111", "2222222"};

rating_set anaesthetist_ratings() {
  rating_set set{.tasks = 45, .raters = 5, .labels = 4};
  for (std::uint32_t t = 0; t < 45; ++t)
    for (std::uint32_t i = 0; i < 7; ++i)
      set.ratings.push_back(
        {t, i < 3 ? 0 : i - 2,
         static_cast<std::uint32_t>(anaesthetists[t][i] - '1')});
  return set;
}

/// Welinder et al. (2010), the bluebird data of the project cubam: whether each
/// of 39 raters called each of 108 pictures an indigo bunting, a hexadecimal
/// digit for four pictures. The first 48 are.
const std::vector<std::string> bluebirds{
  "efe92ee068db000008000000200", "27aa1b7f68c0c5e047d03560300",
  "ffddbfffdfdbef387fddb9ef7f8", "e7ed3dfbfffbe7fffefebfffc3f",
  "f7fdbdff68d9efe0499ab09d7fd", "ebfbffcfffbbfff3dfffeffffff",
  "f8fffffffffb5fe07e2fbbfffef", "efff3fffffdbc12008100060218",
  "e71c36824891002000000000000", "004139000208bb3f0a1cb92f6a1",
  "90ae038f421192541a674740705", "bfffbfffefff847069d460626c0",
  "1d91a18608898000019780001e0", "fffdbfffffdbffd37bbfbdffffe",
  "aea26b35c673030000000000004", "f5fcebe28bcbe3a008002004a00",
  "ffbd3fffeddf032000000000210", "04a500000200200040402010000",
  "059419206091802040002000200", "ad7bf7800bdfc32008084000010",
  "825000008022015fffdf184992c", "273d2bbdc05b851048142010280",
  "00000a8000222383229a980cc08", "013e13804004006008402040200",
  "7ef17ff76cdf002000004000200", "150408000000056051102000080",
  "ffbdfffffddf612000084420c00", "810800200040e32008000000400",
  "f68c268825d2002000000000000", "eff9bb66c9dbe0a008000000200",
  "a515a81000d105600184e204440", "e3bc338fc0ca802008000200200",
  "05840b00a000840008002200400", "65d1292780598563768f396d7a4",
  "efbdbb024fc3002008000000200", "b68594000200030000000000000",
  "8f3e77e369d500200800c020000", "ab953713c0da000000002000000",
  "c13d90004050802008000200600"};

rating_set bluebird_ratings() {
  rating_set set{.tasks = 108, .raters = 39, .labels = 2};
  for (std::uint32_t r = 0; r < 39; ++r)
    for (std::uint32_t t = 0; t < 108; ++t) {
      const auto digit =
        std::stoul(std::string(1, bluebirds[r][t / 4]), nullptr, 16);
      set.ratings.push_back(
        {t, r, static_cast<std::uint32_t>((digit >> (3 - t % 4)) & 1)});
    }
  return set;
}

/// Raters with these chances to be right, on tasks whose truth is their number
/// modulo two.
rating_set simulated(
  std::uint64_t seed, std::uint32_t tasks, const std::vector<double>& chances) {
  testing::random_values random{seed};
  rating_set set{
    .tasks = tasks,
    .raters = static_cast<std::uint32_t>(chances.size()),
    .labels = 2};
  for (std::uint32_t t = 0; t < tasks; ++t)
    for (std::uint32_t r = 0; r < chances.size(); ++r)
      set.ratings.push_back(
        {t, r, random.chance(chances[r]) ? t % 2 : 1 - t % 2});
  return set;
}

double
accuracy(const rating_consensus& c, const std::vector<std::uint32_t>& truth) {
  double right = 0;
  for (std::size_t t = 0; t < truth.size(); ++t)
    right += (c.posterior[2 * t + 1] > 0.5) == (truth[t] == 1) ? 1 : 0;
  return right / static_cast<double>(truth.size());
}

} // namespace

TEST_CASE("the estimates of Dawid and Skene (1979)", "[raters]") {
  const auto c = judge_raters(anaesthetist_ratings(), {.smoothing = 0});
  REQUIRE(c.ok());
  const std::vector<double> prevalence{0.40, 0.42, 0.11, 0.07};
  for (std::size_t k = 0; k < 4; ++k)
    CHECK(c->prevalence[k] == Approx(prevalence[k]).margin(0.005 + 1e-9));
  // Their table 2, observer 1.
  const std::vector<double> observer{0.89, 0.11, 0, 0, 0.07, 0.88, 0.05, 0, 0,
                                     0.34, 0.66, 0, 0, 0,    0.56, 0.44};
  for (std::size_t i = 0; i < observer.size(); ++i)
    CHECK(
      c->raters[0].confusion[i] == Approx(observer[i]).margin(0.005 + 1e-9));
  CHECK(c->log_likelihood == Approx(-192.8909).margin(5e-5));
  CHECK(c->raters[0].tasks == 45);
}

TEST_CASE("bluebirds: better than the majority", "[raters]") {
  // Welinder et al. (2010), and the published accuracies of majority vote,
  // 75.93 %, and Dawid-Skene, 89.81 %.
  std::vector<std::uint32_t> truth(108);
  std::fill_n(truth.begin(), 48, 1U);
  const auto set = bluebird_ratings();
  std::vector<int> votes(108);
  for (const auto& r : set.ratings)
    votes[r.task] += r.label == 1 ? 1 : -1;
  double majority = 0;
  for (std::size_t t = 0; t < 108; ++t)
    majority += (votes[t] > 0) == (truth[t] == 1) ? 1.0 / 108 : 0;
  CHECK(majority == Approx(0.7593).margin(5e-5));
  const auto c = judge_raters(set);
  REQUIRE(c.ok());
  CHECK(accuracy(*c, truth) == Approx(0.8981).margin(5e-5));
}

TEST_CASE("raters are told apart", "[raters]") {
  const auto set =
    simulated(3, 400, {0.9, 0.85, 0.8, 0.75, 0.9, 0.5, 0.5, 0.15});
  const auto c = judge_raters(set);
  REQUIRE(c.ok());
  std::vector<std::uint32_t> truth(400);
  for (std::uint32_t t = 0; t < 400; ++t)
    truth[t] = t % 2;
  CHECK(accuracy(*c, truth) > 0.96);
  for (const auto i : {0, 1, 2, 3, 4})
    CHECK(c->raters[i].standing == rater_standing::trusted);
  CHECK(c->raters[0].balanced_accuracy == Approx(0.9).margin(0.04));
  CHECK(c->raters[0].weight > c->raters[3].weight);
  for (const auto i : {5, 6}) {
    CHECK(c->raters[i].standing == rater_standing::spammer);
    CHECK(c->raters[i].weight == 0);
  }
  CHECK(c->raters[7].standing == rater_standing::adversarial);
  CHECK(c->raters[7].weight == 0);
  // A label of a rater that is right nine times in ten is worth
  // ln 2 - H(0.1) nats.
  CHECK(c->raters[0].weight == Approx(0.368).margin(0.08));
}

TEST_CASE("few labels give one number for a rater", "[raters]") {
  auto set = simulated(5, 100, {0.9, 0.9, 0.9, 0.9});
  std::erase_if(
    set.ratings, [](const rating& r) { return r.rater == 3 && r.task > 6; });
  const auto c = judge_raters(set);
  const auto& confusion = c->raters[3].confusion;
  CHECK(confusion[0] == confusion[3]);
  CHECK(confusion[1] == confusion[2]);
  CHECK(c->raters[3].tasks == 7);
  CHECK(c->raters[3].standing == rater_standing::trusted);
}

TEST_CASE("gold tells what most raters get wrong", "[raters]") {
  // Five of eight raters take each label for the other.
  auto set = simulated(7, 200, {0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1});
  std::vector<std::uint32_t> truth(200);
  for (std::uint32_t t = 0; t < 200; ++t)
    truth[t] = t % 2;
  CHECK(accuracy(*judge_raters(set), truth) < 0.1);
  for (std::uint32_t t = 0; t < 120; ++t)
    set.gold.emplace_back(t, t % 2);
  const auto c = judge_raters(set);
  CHECK(accuracy(*c, truth) > 0.95);
  CHECK(c->raters[4].standing == rater_standing::adversarial);
  // Gold that contradicts itself is set aside.
  set.gold.emplace_back(3, 0);
  const auto odd = judge_raters(set);
  CHECK(odd->quarantined == std::vector<std::uint32_t>{3});
  CHECK(odd->posterior[2 * 3 + 1] < 1);
  CHECK(odd->posterior[2 * 5 + 1] == 1);
}

TEST_CASE("the order of ratings leaves no trace", "[raters]") {
  auto set = simulated(9, 60, {0.8, 0.7, 0.6, 0.9});
  const auto before = *judge_raters(set);
  testing::random_values{9}.shuffle(set.ratings);
  const auto after = *judge_raters(set);
  CHECK(before.posterior == after.posterior);
  CHECK(before.log_likelihood == after.log_likelihood);
}

TEST_CASE("tasks without ratings keep the prevalence", "[raters]") {
  auto set = simulated(11, 50, {0.8, 0.8, 0.8});
  set.tasks = 51;
  set.raters = 4;
  const auto c = judge_raters(set);
  CHECK(c->posterior[2 * 50] == Approx(c->prevalence[0]));
  CHECK(c->task_weight[50] == 0);
  CHECK(c->task_weight[0] > 0);
  CHECK(c->raters[3].tasks == 0);
}

TEST_CASE("raters are not judged without others", "[raters]") {
  const auto refused = [](const rating_set& set) {
    return judge_raters(set).err().code == errc::invalid_argument;
  };
  CHECK(
    refused({.tasks = 3, .raters = 1, .labels = 2, .ratings = {{0, 0, 1}}}));
  CHECK(refused({.tasks = 3, .raters = 2, .labels = 2}));
  auto set = simulated(1, 30, {0.8, 0.8});
  CHECK(judge_raters(set).ok());
  auto bad = set;
  bad.labels = 1;
  CHECK(refused(bad));
  bad = set;
  bad.ratings[0].task = 30;
  CHECK(refused(bad));
  bad = set;
  bad.gold.emplace_back(0, 2);
  CHECK(refused(bad));
}
