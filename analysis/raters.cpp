#include "analysis/raters.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <tuple>

namespace ratchet::analysis {

namespace {

constexpr std::uint32_t min_judged_tasks = 20;

error invalid(std::string message) {
  return {errc::invalid_argument, std::move(message)};
}

result<void> check(const rating_set& set) {
  if (set.labels < 2)
    return invalid("raters cannot be judged by fewer than two labels");
  std::set<std::uint32_t> seen;
  for (const auto& r : set.ratings) {
    if (r.task >= set.tasks || r.rater >= set.raters || r.label >= set.labels)
      return invalid(
        "rating of task " + std::to_string(r.task) + " by rater " +
        std::to_string(r.rater) + " is out of range");
    seen.insert(r.rater);
  }
  if (seen.size() < 2)
    return invalid(
      "a rater is judged by the others: have two or more rate the same tasks");
  for (const auto& [task, label] : set.gold)
    if (task >= set.tasks || label >= set.labels)
      return invalid(
        "gold label of task " + std::to_string(task) + " is out of range");
  return {};
}

/// One run of the estimation.
class estimation {
public:
  estimation(const rating_set& set, const rater_rule& rule)
      : set_(set), rule_(rule), ratings_(set.ratings), gold_(set.tasks),
        given_(set.raters), rated_(set.tasks) {
    // By task and rater, so that the sums do not depend on the order given.
    std::sort(
      ratings_.begin(), ratings_.end(), [](const rating& a, const rating& b) {
        return std::tie(a.task, a.rater, a.label) <
          std::tie(b.task, b.rater, b.label);
      });
    for (const auto& r : ratings_) {
      ++given_[r.rater];
      rated_[r.task] = true;
    }
    read_gold();
    out_.raters.resize(set.raters);
    out_.posterior.assign(std::size_t{set.tasks} * set.labels, 0);
    out_.prevalence.assign(set.labels, 1.0 / set.labels);
  }

  rating_consensus run() {
    start_with_votes();
    maximize();
    auto before = expect();
    for (out_.iterations = 1; out_.iterations < rule_.max_iterations;
         ++out_.iterations) {
      maximize();
      const auto now = expect();
      const auto gained = std::abs(now - before);
      before = now;
      if (gained < rule_.tolerance)
        break;
    }
    out_.log_likelihood = before;
    judge_all();
    weigh_tasks();
    return std::move(out_);
  }

private:
  [[nodiscard]] double* posterior(std::uint32_t task) {
    return &out_.posterior[std::size_t{task} * set_.labels];
  }

  void read_gold() {
    std::set<std::uint32_t> contradicted;
    for (const auto& [task, label] : set_.gold) {
      if (gold_[task] && *gold_[task] != label)
        contradicted.insert(task);
      gold_[task] = label;
    }
    for (const auto task : contradicted)
      gold_[task].reset();
    out_.quarantined.assign(contradicted.begin(), contradicted.end());
  }

  void clamp_gold() {
    for (std::uint32_t t = 0; t < set_.tasks; ++t)
      if (gold_[t]) {
        std::fill_n(posterior(t), set_.labels, 0.0);
        posterior(t)[*gold_[t]] = 1;
      }
  }

  void start_with_votes() {
    for (const auto& r : ratings_)
      posterior(r.task)[r.label] += 1;
    for (std::uint32_t t = 0; t < set_.tasks; ++t)
      normalize(posterior(t));
    clamp_gold();
  }

  void normalize(double* shares) const {
    double sum = 0;
    for (std::uint32_t k = 0; k < set_.labels; ++k)
      sum += shares[k];
    for (std::uint32_t k = 0; k < set_.labels && sum > 0; ++k)
      shares[k] /= sum;
  }

  void maximize() {
    std::fill(out_.prevalence.begin(), out_.prevalence.end(), 0.0);
    for (std::uint32_t t = 0; t < set_.tasks; ++t)
      for (std::uint32_t k = 0; k < set_.labels && rated_[t]; ++k)
        out_.prevalence[k] += posterior(t)[k];
    normalize(out_.prevalence.data());
    const auto cells = std::size_t{set_.labels} * set_.labels;
    for (auto& rater : out_.raters)
      rater.confusion.assign(cells, 0);
    for (const auto& r : ratings_)
      for (std::uint32_t k = 0; k < set_.labels; ++k)
        out_.raters[r.rater].confusion[k * set_.labels + r.label] +=
          posterior(r.task)[k];
    for (std::uint32_t r = 0; r < set_.raters; ++r)
      if (given_[r] < rule_.min_labels)
        fit_one_coin(out_.raters[r].confusion);
      else
        fit_rows(out_.raters[r].confusion);
  }

  void fit_rows(std::vector<double>& counts) const {
    for (std::uint32_t k = 0; k < set_.labels; ++k) {
      auto* row = &counts[k * set_.labels];
      double sum = 0;
      for (std::uint32_t l = 0; l < set_.labels; ++l)
        sum += row[l] += rule_.smoothing;
      // A label that was never true says nothing of the rater.
      for (std::uint32_t l = 0; l < set_.labels; ++l)
        row[l] = sum > 0 ? row[l] / sum : 1.0 / set_.labels;
    }
  }

  void fit_one_coin(std::vector<double>& counts) const {
    double right = rule_.smoothing;
    double sum = rule_.smoothing * set_.labels;
    for (std::uint32_t k = 0; k < set_.labels; ++k)
      for (std::uint32_t l = 0; l < set_.labels; ++l) {
        right += k == l ? counts[k * set_.labels + l] : 0;
        sum += counts[k * set_.labels + l];
      }
    const auto chance = sum > 0 ? right / sum : 1.0 / set_.labels;
    for (std::uint32_t k = 0; k < set_.labels; ++k)
      for (std::uint32_t l = 0; l < set_.labels; ++l)
        counts[k * set_.labels + l] =
          k == l ? chance : (1 - chance) / (set_.labels - 1);
  }

  /// New posteriors; returns the log-likelihood of the parameters.
  double expect() {
    std::vector<double> logs(out_.posterior.size());
    for (std::uint32_t t = 0; t < set_.tasks; ++t)
      for (std::uint32_t k = 0; k < set_.labels; ++k)
        logs[std::size_t{t} * set_.labels + k] = std::log(out_.prevalence[k]);
    for (const auto& r : ratings_)
      for (std::uint32_t k = 0; k < set_.labels; ++k)
        logs[std::size_t{r.task} * set_.labels + k] +=
          std::log(out_.raters[r.rater].confusion[k * set_.labels + r.label]);
    double sum = 0;
    for (std::uint32_t t = 0; t < set_.tasks; ++t) {
      const auto* log = &logs[std::size_t{t} * set_.labels];
      const auto most = *std::max_element(log, log + set_.labels);
      double total = 0;
      for (std::uint32_t k = 0; k < set_.labels; ++k)
        total += posterior(t)[k] = std::exp(log[k] - most);
      normalize(posterior(t));
      if (rated_[t])
        sum += gold_[t] ? log[*gold_[t]] : most + std::log(total);
    }
    clamp_gold();
    return sum;
  }

  void judge_all() {
    // How often each rater met each label, as far as is known; a task it rated
    // twice counts once. Ratings of a task by a rater are neighbors.
    std::vector<double> met(std::size_t{set_.raters} * set_.labels);
    for (std::size_t i = 0; i < ratings_.size(); ++i) {
      const auto& r = ratings_[i];
      if (
        i > 0 && ratings_[i - 1].task == r.task &&
        ratings_[i - 1].rater == r.rater)
        continue;
      ++out_.raters[r.rater].tasks;
      for (std::uint32_t k = 0; k < set_.labels; ++k)
        met[std::size_t{r.rater} * set_.labels + k] += posterior(r.task)[k];
    }
    for (std::uint32_t r = 0; r < set_.raters; ++r)
      judge(out_.raters[r], &met[std::size_t{r} * set_.labels]);
  }

  void judge(rater_quality& rater, const double* met) const {
    double labels_met = 0;
    for (std::uint32_t k = 0; k < set_.labels; ++k)
      if (met[k] >= 1) {
        ++labels_met;
        rater.balanced_accuracy += rater.confusion[k * set_.labels + k];
      }
    const auto coin = 1.0 / set_.labels;
    rater.balanced_accuracy =
      labels_met > 0 ? rater.balanced_accuracy / labels_met : coin;
    if (rater.tasks >= min_judged_tasks) {
      if (rater.balanced_accuracy < coin - 0.15)
        rater.standing = rater_standing::adversarial;
      else if (std::abs(rater.balanced_accuracy - coin) < 0.05)
        rater.standing = rater_standing::spammer;
    }
    if (rater.standing == rater_standing::trusted)
      rater.weight = information(rater.confusion);
  }

  /// Between the truth and a label of the rater.
  [[nodiscard]] double information(const std::vector<double>& confusion) const {
    double sum = 0;
    for (std::uint32_t l = 0; l < set_.labels; ++l) {
      double given = 0;
      for (std::uint32_t k = 0; k < set_.labels; ++k)
        given += out_.prevalence[k] * confusion[k * set_.labels + l];
      for (std::uint32_t k = 0; k < set_.labels; ++k)
        if (const auto p = confusion[k * set_.labels + l];
            p > 0 && out_.prevalence[k] > 0)
          sum += out_.prevalence[k] * p * std::log(p / given);
    }
    return std::max(sum, 0.0);
  }

  void weigh_tasks() {
    out_.task_weight.assign(set_.tasks, 0);
    for (const auto& r : ratings_)
      out_.task_weight[r.task] += out_.raters[r.rater].weight;
  }

  const rating_set& set_;
  const rater_rule& rule_;
  std::vector<rating> ratings_;
  std::vector<std::optional<std::uint32_t>> gold_;
  std::vector<std::uint32_t> given_;
  std::vector<bool> rated_;
  rating_consensus out_;
};

} // namespace

result<rating_consensus>
judge_raters(const rating_set& set, const rater_rule& rule) {
  if (auto ok = check(set); !ok)
    return ok.err();
  return estimation{set, rule}.run();
}

} // namespace ratchet::analysis
