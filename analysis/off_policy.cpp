#include "analysis/off_policy.hpp"

#include "analysis/detail/text.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

namespace ratchet::analysis {

namespace {

constexpr std::uint64_t min_rows = 200;

error invalid(const std::string& what) {
  return {errc::invalid_argument, "off-policy estimate: " + what};
}

result<void> check(const off_policy_rule& rule) {
  if (!(rule.max_reward > 0) || !std::isfinite(rule.max_reward))
    return invalid("max_reward must be above 0");
  if (!(rule.clip >= 1) || !std::isfinite(rule.clip))
    return invalid("clip must be 1 or more");
  if (!(rule.alpha > 0 && rule.alpha < 1))
    return invalid("alpha must be between 0 and 1");
  if (!(rule.min_effective >= 2 && rule.max_row_share > 0))
    return invalid("min_effective must be 2 or more, max_row_share above 0");
  return {};
}

result<void> check(const logged_decision& row, const off_policy_rule& rule) {
  if (!(row.reward >= 0 && row.reward <= rule.max_reward))
    return invalid(
      "reward " + detail::show(row.reward) + " is outside [0, " +
      detail::show(rule.max_reward) + "]");
  if (!(row.logged >= 0 && row.logged <= 1 && row.target >= 0 &&
        row.target <= 1))
    return invalid("a probability is outside [0, 1]");
  if (
    row.model &&
    !(std::isfinite(row.model->taken) && std::isfinite(row.model->target)))
    return invalid("the reward model gave a value that is not finite");
  return {};
}

/// By value, so that sums do not depend on the order of arrival.
std::vector<logged_decision> sorted(std::span<const logged_decision> rows) {
  std::vector<logged_decision> in_order(rows.begin(), rows.end());
  const auto key = [](const logged_decision& r) {
    const auto model = r.model.value_or(reward_model{});
    return std::tuple(r.target, r.logged, r.reward, model.taken, model.target);
  };
  std::sort(
    in_order.begin(), in_order.end(),
    [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return in_order;
}

/// Mean and standard error of `x(i)` over n rows.
template <class Value>
value_estimate mean_of(std::size_t n, Value x) {
  const auto count = static_cast<double>(n);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i)
    sum += x(i);
  const auto mean = sum / count;
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i)
    squares += (x(i) - mean) * (x(i) - mean);
  return {mean, std::sqrt(squares / (count - 1) / count)};
}

/// The log with its weights.
struct weighted_log {
  std::vector<logged_decision> rows;
  std::vector<double> weights;
  double sum = 0;
  double squares = 0;
  double largest = 0;
};

weighted_log weigh(std::vector<logged_decision> rows) {
  weighted_log log;
  log.weights.reserve(rows.size());
  for (const auto& row : rows) {
    const auto w = row.target / row.logged;
    log.weights.push_back(w);
    log.sum += w;
    log.squares += w * w;
    log.largest = std::max(log.largest, w);
  }
  log.rows = std::move(rows);
  return log;
}

/// What is wrong with the log before there are weights.
off_policy_refusal refuse(std::span<const logged_decision> rows) {
  if (rows.size() < min_rows)
    return off_policy_refusal::too_few_rows;
  if (std::any_of(
        rows.begin(), rows.end(), [](const auto& r) { return r.logged == 0; }))
    return off_policy_refusal::no_propensity;
  if (std::all_of(
        rows.begin(), rows.end(), [](const auto& r) { return r.logged == 1; }))
    return off_policy_refusal::not_randomized;
  return off_policy_refusal::none;
}

/// What is wrong with the weights.
off_policy_refusal
refuse(const off_policy_estimate& e, const off_policy_rule& rule) {
  // The row first: it is the more telling reason, and a few of them are also
  // what makes the effective number small.
  if (e.largest_share >= rule.max_row_share)
    return off_policy_refusal::one_row_decides;
  if (e.effective < rule.min_effective)
    return off_policy_refusal::small_effective;
  if (
    std::abs(e.mean_weight.value - 1) > 4 * e.mean_weight.standard_error + 1e-9)
    return off_policy_refusal::weights_do_not_fit;
  return off_policy_refusal::none;
}

value_estimate normalized_value(const weighted_log& log) {
  double value = 0;
  for (std::size_t i = 0; i < log.rows.size(); ++i)
    value += log.weights[i] * log.rows[i].reward;
  value /= log.sum;
  double squares = 0;
  for (std::size_t i = 0; i < log.rows.size(); ++i) {
    const auto off = log.weights[i] * (log.rows[i].reward - value);
    squares += off * off;
  }
  return {value, std::sqrt(squares) / log.sum};
}

std::optional<value_estimate> doubly_robust_value(const weighted_log& log) {
  const auto& rows = log.rows;
  if (std::any_of(
        rows.begin(), rows.end(), [](const auto& r) { return !r.model; }))
    return std::nullopt;
  return mean_of(rows.size(), [&](std::size_t i) {
    return rows[i].model->target +
      log.weights[i] * (rows[i].reward - rows[i].model->taken);
  });
}

void estimate(
  const weighted_log& log, const off_policy_rule& rule,
  off_policy_estimate& e) {
  const auto n = log.rows.size();
  e.weighted = mean_of(
    n, [&](std::size_t i) { return log.weights[i] * log.rows[i].reward; });
  e.normalized = normalized_value(log);
  e.doubly_robust = doubly_robust_value(log);
  const auto clipped = mean_of(n, [&](std::size_t i) {
    return std::min(log.weights[i], rule.clip) * log.rows[i].reward;
  });
  e.clipped_away = e.weighted->value - clipped.value;
  const auto count = static_cast<double>(n);
  const auto level = std::log(2 / rule.alpha);
  // The standard error is s / sqrt(n).
  const auto reach = clipped.standard_error * std::sqrt(2 * level) +
    7 * rule.clip * rule.max_reward * level / (3 * (count - 1));
  e.lower = std::max(0.0, clipped.value - reach);
}

std::string reason(const off_policy_estimate& e, const off_policy_rule& rule) {
  switch (e.refusal) {
  case off_policy_refusal::none:
    break;
  case off_policy_refusal::too_few_rows:
    return std::to_string(e.rows) + " rows are too few: log " +
      std::to_string(min_rows) + " or more";
  case off_policy_refusal::no_propensity:
    return "rows without a logged probability: log it with every decision";
  case off_policy_refusal::not_randomized:
    return "the logged policy always did the same, which tells nothing of "
           "others: give them a share of the traffic";
  case off_policy_refusal::small_effective:
    return "the weights leave " + detail::show(e.effective, 3) + " of " +
      std::to_string(e.rows) + " rows, and " +
      detail::show(rule.min_effective) +
      " are needed: log more, or a policy nearer to this one";
  case off_policy_refusal::one_row_decides:
    return "one row is " + detail::show(100 * e.largest_share, 3) +
      " % of all weight: raise the smallest probability of the logged policy";
  case off_policy_refusal::weights_do_not_fit:
    return "the mean weight is " + detail::show(e.mean_weight.value, 3) +
      " and should be 1: check the logged probabilities";
  }
  return {};
}

std::string
sentence(const off_policy_estimate& e, const off_policy_rule& rule) {
  if (e.refusal != off_policy_refusal::none)
    return "no estimate: " + reason(e, rule);
  const auto& best = e.doubly_robust ? *e.doubly_robust : *e.normalized;
  return "would earn " + detail::show(best.value, 3) + " (standard error " +
    detail::show(best.standard_error, 2) + ", and at least " +
    detail::show(*e.lower, 3) + " with " +
    detail::show(100 * (1 - rule.alpha)) + " % confidence) on " +
    std::to_string(e.rows) + " rows that count for " +
    detail::show(e.effective, 3);
}

} // namespace

result<off_policy_estimate> estimate_off_policy(
  std::span<const logged_decision> rows, const off_policy_rule& rule) {
  if (auto sound = check(rule); !sound)
    return sound.err();
  for (const auto& row : rows)
    if (auto sound = check(row, rule); !sound)
      return sound.err();
  off_policy_estimate e;
  e.rows = rows.size();
  e.refusal = refuse(rows);
  if (e.refusal == off_policy_refusal::none) {
    const auto log = weigh(sorted(rows));
    e.mean_weight =
      mean_of(rows.size(), [&](std::size_t i) { return log.weights[i]; });
    if (log.sum > 0) {
      e.effective = log.sum * log.sum / log.squares;
      e.largest_share = log.largest / log.sum;
    }
    e.refusal = refuse(e, rule);
    if (e.refusal == off_policy_refusal::none)
      estimate(log, rule, e);
  }
  e.sentence = sentence(e, rule);
  return e;
}

} // namespace ratchet::analysis
