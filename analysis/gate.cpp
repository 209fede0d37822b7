#include "analysis/gate.hpp"

#include "analysis/detail/distributions.hpp"
#include "analysis/detail/gate_sentence.hpp"
#include "analysis/hash.hpp"
#include "analysis/multiplicity.hpp"
#include "analysis/paired.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace ratchet::analysis {

namespace {

/// Fewer disagreements leave McNemar's test without power.
constexpr std::uint64_t min_disagreements = 10;

/// Pairs, sorted by sample so that no result depends on the order of arrival.
struct pair_set {
  std::vector<double> differences; ///< Positive is better.
  bool binary = true;
  paired_counts counts;

  void add(double champion, double challenger, bool higher_is_better) {
    const auto is_binary = [](double x) { return x == 0 || x == 1; };
    binary = binary && is_binary(champion) && is_binary(challenger);
    const auto d =
      higher_is_better ? challenger - champion : champion - challenger;
    differences.push_back(d);
    counts.n += 1;
    counts.wins += d > 0 ? 1 : 0;
    counts.losses += d < 0 ? 1 : 0;
  }

  [[nodiscard]] bool all_equal() const {
    return std::adjacent_find(
             differences.begin(), differences.end(), std::not_equal_to<>{}) ==
      differences.end();
  }

  [[nodiscard]] double mean() const {
    double sum = 0;
    for (const auto d : differences)
      sum += d;
    return sum / static_cast<double>(differences.size());
  }
};

error invalid(const gate_inputs& in, const std::string& what) {
  return {errc::invalid_argument, "gate on " + in.metric + ": " + what};
}

result<void> check(const gate_inputs& in) {
  const auto& rule = in.rule;
  if (!(rule.alpha > 0 && rule.alpha <= 0.5))
    return invalid(in, "alpha must be above 0 and at most 0.5");
  if (!(rule.margin >= 0) || !std::isfinite(rule.margin))
    return invalid(in, "margin must be a number that is not negative");
  const auto bad = [](const std::optional<double>& score) {
    return score && !std::isfinite(*score);
  };
  for (const auto& sample : in.samples)
    if (bad(sample.champion) || bad(sample.challenger))
      return invalid(
        in, "sample " + sample.id + " has a score that is not finite");
  return {};
}

/// The samples by id; an error if one comes twice.
result<std::vector<const scored_sample*>> by_id(const gate_inputs& in) {
  std::vector<const scored_sample*> sorted;
  for (const auto& sample : in.samples)
    sorted.push_back(&sample);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    return a->id < b->id;
  });
  const auto twice = std::adjacent_find(
    sorted.begin(), sorted.end(),
    [](const auto* a, const auto* b) { return a->id == b->id; });
  if (twice != sorted.end())
    return invalid(
      in, "sample " + (*twice)->id + " was scored twice by one model");
  return sorted;
}

struct gate_data {
  pair_set all;
  std::map<std::string, pair_set> slices;
};

/// Sorts out pairs and takes the means into `ev`: over the pairs if there are
/// any, else over what the challenger alone was scored on.
gate_data collect(
  const gate_inputs& in, const std::vector<const scored_sample*>& samples,
  gate_evidence& ev) {
  gate_data data;
  double champion = 0;
  double challenger = 0;
  double alone = 0;
  std::uint64_t challenger_only = 0;
  for (const auto* sample : samples) {
    if (sample->champion && sample->challenger) {
      const auto add = [&](pair_set& set) {
        set.add(*sample->champion, *sample->challenger, in.higher_is_better);
      };
      add(data.all);
      for (const auto& slice : sample->slices)
        add(data.slices[slice]);
      champion += *sample->champion;
      challenger += *sample->challenger;
      continue;
    }
    ev.unpaired += 1;
    if (sample->challenger) {
      alone += *sample->challenger;
      challenger_only += 1;
    }
  }
  ev.n = data.all.counts.n;
  ev.wins = data.all.counts.wins;
  ev.losses = data.all.counts.losses;
  const auto n = static_cast<double>(ev.n);
  if (ev.n > 0) {
    ev.champion_mean = champion / n;
    ev.challenger_mean = challenger / n;
    ev.difference = data.all.mean();
  } else if (challenger_only > 0) {
    ev.challenger_mean = alone / static_cast<double>(challenger_only);
  }
  return data;
}

void measure_binary(const pair_set& pairs, gate_evidence& ev) {
  const auto bounds = tango_bounds(pairs.counts, ev.alpha);
  const auto p = mcnemar_exact(pairs.counts.wins, pairs.counts.losses);
  ev.method = "Tango score bounds";
  ev.test = "exact McNemar";
  ev.lower = bounds.lower;
  ev.upper = bounds.upper;
  ev.p_value = ev.must_improve ? p.greater : p.two_sided;
}

result<void> measure_numbers(
  const pair_set& pairs, const std::string& seed, gate_evidence& ev) {
  // Equal on every sample: the same model, as far as anyone can see.
  if (pairs.all_equal() && pairs.differences.front() == 0) {
    ev.method = "identical scores";
    ev.lower = 0;
    ev.upper = 0;
    return {};
  }
  ev.method = "paired bootstrap (BCa) and t";
  ev.test = "paired t";
  // One other difference throughout has no spread to judge it by, and no
  // spread must not count as certainty: the bounds stay empty.
  if (pairs.differences.size() < 2 || pairs.all_equal())
    return {};
  const auto t = paired_t(pairs.differences, ev.alpha);
  if (!t)
    return t.err();
  const auto drawn =
    paired_bootstrap(pairs.differences, ev.alpha, salted_hash("gate", seed));
  if (!drawn)
    return drawn.err();
  ev.lower = std::min(t->bounds.lower, drawn->lower);
  ev.upper = std::max(t->bounds.upper, drawn->upper);
  ev.p_value =
    ev.must_improve ? detail::student_cdf(-t->t, t->df) : t->two_sided;
  return {};
}

/// P of a slice's data if its loss were `allowed`: small speaks for more.
double loss_p(const pair_set& pairs, double allowed, double alpha) {
  if (pairs.binary)
    return detail::normal_cdf(tango_z(pairs.counts, -allowed));
  const auto t = paired_t(pairs.differences, alpha);
  if (!t)
    return 1;
  return detail::student_cdf((t->mean + allowed) / t->standard_error, t->df);
}

/// Holm's step-down over all slices with enough pairs.
void test_slices(
  const gate_data& data, std::uint64_t min_pairs, gate_evidence& ev) {
  std::vector<slice_regression> tested;
  for (const auto& [name, pairs] : data.slices) {
    if (pairs.counts.n < std::max<std::uint64_t>(min_pairs, 1))
      continue;
    tested.push_back(
      {name, pairs.counts.n, pairs.mean(),
       loss_p(pairs, 2 * ev.margin, ev.alpha)});
  }
  ev.slices_tested = tested.size();
  std::vector<double> p;
  p.reserve(tested.size());
  for (const auto& slice : tested)
    p.push_back(slice.p_value);
  for (const auto place : holm(p, ev.alpha))
    ev.regressions.push_back(std::move(tested[place]));
}

gate_verdict decide(const pair_set& pairs, const gate_evidence& ev) {
  if (!ev.lower)
    return gate_verdict::insufficient;
  if (!ev.must_improve && !(*ev.lower > -ev.margin))
    return gate_verdict::failed;
  if (ev.must_improve && pairs.binary) {
    if (ev.wins + ev.losses < min_disagreements)
      return gate_verdict::insufficient;
    if (*ev.p_value > ev.alpha)
      return gate_verdict::failed;
  }
  if (ev.must_improve && !(*ev.lower > 0))
    return gate_verdict::failed;
  return ev.regressions.empty() ? gate_verdict::passed : gate_verdict::failed;
}

} // namespace

result<gate_evidence> evaluate_gate(const gate_inputs& in) {
  if (auto sound = check(in); !sound)
    return sound.err();
  const auto samples = by_id(in);
  if (!samples)
    return samples.err();
  gate_evidence ev;
  ev.metric = in.metric;
  ev.margin = in.rule.margin;
  ev.alpha = in.rule.alpha;
  ev.must_improve = in.rule.must_improve;
  const auto data = collect(in, *samples, ev);
  if (!in.has_champion) {
    ev.method = "no champion";
    if (ev.challenger_mean)
      ev.verdict = gate_verdict::passed;
  } else if (ev.n > 0) {
    if (data.all.binary) {
      measure_binary(data.all, ev);
    } else if (auto ok = measure_numbers(data.all, in.seed, ev); !ok) {
      return ok.err();
    }
    if (ev.n >= in.rule.min_pairs) {
      test_slices(data, in.rule.min_pairs, ev);
      ev.verdict = decide(data.all, ev);
    }
  }
  ev.sentence = detail::gate_sentence(in, ev, data.all.differences);
  return ev;
}

} // namespace ratchet::analysis
