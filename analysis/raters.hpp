#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <utility>
#include <vector>

/// Several raters, some careless, some hostile: what is each task's true label,
/// and how good is each rater? Dawid and Skene's model, in which each rater has
/// a chance of its own for each (true, given) pair of labels.

namespace ratchet::analysis {

/// One label by one rater; a rater may label a task more than once.
struct rating {
  std::uint32_t task = 0;
  std::uint32_t rater = 0;
  std::uint32_t label = 0;
};

/// Tasks, raters and labels are numbered from 0.
struct rating_set {
  std::uint32_t tasks = 0;
  std::uint32_t raters = 0;
  std::uint32_t labels = 0;
  std::vector<rating> ratings;
  /// (task, label) that are known. They anchor what the labels mean.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> gold;
};

struct rater_rule {
  /// Added to each count of a rater's (true, given) pairs; 0 is the textbook's
  /// maximum likelihood, which believes "never yet" to be "never".
  double smoothing = 0.01;
  /// A rater with fewer labels gets one number, the chance to be right, for
  /// lack of data for more.
  std::uint32_t min_labels = 10;
  std::uint32_t max_iterations = 200;
  double tolerance = 1e-8; ///< Of the log-likelihood.
};

/// What to do with a rater. On disk: never renumber.
enum class rater_standing : std::uint8_t {
  trusted = 1,
  /// As good as a coin on 20 tasks or more: weight 0.
  spammer = 2,
  /// Worse than a coin on 20 tasks or more: weight 0, and an alert for people.
  /// Never taken for the opposite, because the next batch may be honest.
  adversarial = 3,
};

struct rater_quality {
  /// confusion[k * labels + l]: the chance to say l where k is true.
  std::vector<double> confusion;
  std::uint32_t tasks = 0;
  /// The chance to be right, averaged over the labels it met: 1 / labels for a
  /// coin.
  double balanced_accuracy = 0;
  /// The information of one of its labels about the truth, in nats; 0 for
  /// spammers and adversaries.
  double weight = 0;
  rater_standing standing = rater_standing::trusted;
};

struct rating_consensus {
  /// posterior[t * labels + k]: the chance that k is the truth of t. The
  /// prevalence for a task without ratings.
  std::vector<double> posterior;
  std::vector<double> task_weight; ///< Information of its ratings, in nats.
  std::vector<double> prevalence;  ///< Of each label.
  std::vector<rater_quality> raters;
  /// Tasks with two gold labels that contradict each other: not used as gold,
  /// for people to look at.
  std::vector<std::uint32_t> quarantined;
  double log_likelihood = 0; ///< Without multinomial constants.
  std::uint32_t iterations = 0;
};

/// Estimates truth and quality together, by expectation maximization from the
/// shares of votes.
///
/// Promise: the likelihood never falls from step to step, so without gold the
///   labels mean what most raters mean by them. Where most are wrong about a
///   label, only gold tells.
/// Errors: `invalid_argument` if fewer than two raters rated anything, there
///         are fewer than two labels, or a number is out of range.
/// Cost:   ratings * labels for each iteration.
/// Source: Dawid, Skene (1979), Applied Statistics 28, 20-28; spam: Raykar, Yu
///         (2012), JMLR 13.
[[nodiscard]] result<rating_consensus>
judge_raters(const rating_set& set, const rater_rule& rule = {});

} // namespace ratchet::analysis
