#include "analysis/detail/gate_sentence.hpp"

#include "analysis/detail/distributions.hpp"
#include "analysis/detail/text.hpp"

#include <algorithm>
#include <cmath>

namespace ratchet::analysis::detail {

namespace {

std::string pairs(std::uint64_t n) {
  return std::to_string(n) + (n == 1 ? " pair" : " pairs");
}

/// "better by 0.12", "worse by 0.01", "equal".
std::string compare(double difference) {
  if (difference == 0)
    return "equal";
  return (difference > 0 ? "better by " : "worse by ") +
    show(std::abs(difference), 3);
}

/// "at least 0.071 better", "at most 0.03 worse".
std::string at_worst(double lower) {
  const auto size = show(std::abs(lower), 3);
  return lower > 0 ? "at least " + size + " better"
                   : "at most " + size + " worse";
}

/// How many pairs would show a difference like this one in four of five cases,
/// rounded up to two digits; 0 if no number would.
std::uint64_t
pairs_needed(std::span<const double> differences, const gate_evidence& ev) {
  const auto distance = *ev.difference + (ev.must_improve ? 0.0 : ev.margin);
  if (distance <= 0 || differences.size() < 2)
    return 0;
  double squares = 0;
  for (const auto d : differences)
    squares += (d - *ev.difference) * (d - *ev.difference);
  const auto variance = squares / static_cast<double>(differences.size() - 1);
  const auto z_error = normal_quantile(1 - ev.alpha);
  const auto z = z_error + normal_quantile(0.8);
  // Without any disagreement the score bound is -z^2 / (n + z^2).
  const auto n = variance > 0 ? z * z * variance / (distance * distance)
                              : z_error * z_error * (1 - distance) / distance;
  const auto unit = std::pow(10, std::max(0.0, std::floor(std::log10(n)) - 1));
  const auto rounded = std::ceil(n / unit) * unit;
  if (!(rounded < 1e12))
    return 0;
  return std::max(static_cast<std::uint64_t>(rounded), ev.n + 1);
}

std::string
remedy(std::span<const double> differences, const gate_evidence& ev) {
  if (!ev.regressions.empty()) {
    const auto& worst = ev.regressions.front();
    return "on the slice " + worst.slice + " the challenger is " +
      compare(worst.difference) + " (" + pairs(worst.n) +
      "), beyond twice the margin: add training data for that slice";
  }
  const auto needed = pairs_needed(differences, ev);
  if (needed == 0)
    return ev.must_improve
      ? "it is not better on these samples: train it on more or cleaner "
        "feedback"
      : "it loses as much as is allowed, or more, on these samples: train it "
        "on more or cleaner feedback";
  auto text = "about " + std::to_string(needed) +
    " pairs would show a difference like this: wait for more feedback";
  if (!ev.must_improve)
    text += ", or allow a larger margin";
  return text;
}

std::string without_pairs(const gate_inputs& in, const gate_evidence& ev) {
  if (!ev.challenger_mean)
    return "no " + in.metric +
      " scores of the challenger were found: have the evaluator write them to "
      "scores.jsonl";
  if (!in.has_champion)
    return "challenger " + show(*ev.challenger_mean) +
      ", and there is no champion to compare it with";
  return "the challenger was scored on " + std::to_string(ev.unpaired) +
    " samples, but none of them has a score of the champion: score both on "
    "the same samples";
}

std::string rule(const gate_evidence& ev) {
  if (ev.must_improve)
    return "it must be significantly better";
  return ev.margin == 0 ? "no loss is allowed"
                        : "a loss below " + show(ev.margin) + " is allowed";
}

} // namespace

std::string gate_sentence(
  const gate_inputs& in, const gate_evidence& ev,
  std::span<const double> differences) {
  if (ev.n == 0 || !in.has_champion)
    return without_pairs(in, ev);
  auto text = "challenger " + show(*ev.challenger_mean) + " against champion " +
    show(*ev.champion_mean) + " on " + pairs(ev.n) + ": " +
    compare(*ev.difference);
  if (ev.n < in.rule.min_pairs)
    return text + ", but " + std::to_string(in.rule.min_pairs) +
      " pairs are needed: wait for more feedback or raise the eval fraction";
  if (!ev.lower)
    return text +
      " on every one, and without any spread nothing can be concluded: check "
      "that the scores are real";
  text += ", and with " + show(100 * (1 - ev.alpha)) + " % confidence " +
    at_worst(*ev.lower);
  if (ev.must_improve && ev.p_value)
    text += " (p " + show(*ev.p_value, 3) + ")";
  text += "; " + rule(ev);
  if (ev.verdict == gate_verdict::passed)
    return text;
  if (ev.verdict == gate_verdict::insufficient)
    return text + ", but the models differ on " +
      std::to_string(ev.wins + ev.losses) +
      " pairs only, which is too few to tell: wait for more feedback";
  return text + "; " + remedy(differences, ev);
}

} // namespace ratchet::analysis::detail
