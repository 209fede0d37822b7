#include "analysis/simulate.hpp"

#include "analysis/detail/portable_log.hpp"
#include "analysis/detail/share.hpp"
#include "analysis/detail/special.hpp"
#include "analysis/hash.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numbers>
#include <queue>
#include <utility>

namespace ratchet::analysis {

namespace {

using detail::is_share;

constexpr duration day = std::chrono::hours{24};
constexpr double quiet_rate = 0.95;

error invalid(const std::string& what) {
  return {errc::invalid_argument, "simulation: " + what};
}

class draws {
public:
  explicit draws(std::uint64_t seed) : key_(mix64(seed)) {}
  /// In (0, 1].
  double next() { return 1 - to_unit(draw(key_, counter_++)); }
  bool happens(double probability) { return next() <= probability; }
  /// Exponential.
  duration wait(duration mean) {
    const auto times = -detail::portable_log(next());
    return duration{
      static_cast<duration::rep>(times * static_cast<double>(mean.count()))};
  }

private:
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

double rate_of(const simulated_arm& arm, std::size_t metric) {
  return metric < arm.rates.size() ? arm.rates[metric] : quiet_rate;
}

/// One experiment, from its first unit to its verdict.
class simulated_run {
public:
  simulated_run(
    const simulation_plan& plan, const simulated_truth& truth,
    live_experiment experiment, std::uint64_t number)
      : plan_(plan), truth_(truth), experiment_(std::move(experiment)),
        salt_(std::to_string(plan.seed) + "." + std::to_string(number)),
        draws_(salted_hash("simulation", salt_)), waiting_(plan.maturity),
        now_(experiment_.began) {}

  result<experiment_decision> go() {
    const duration gap{static_cast<duration::rep>(
      static_cast<double>(day.count()) / plan_.units_per_day)};
    experiment_decision decision;
    while (decision.verdict == experiment_verdict::keep_running) {
      now_ += draws_.wait(gap);
      if (auto passed = pass_time(); !passed)
        return passed.err();
      if (auto served = serve(); !served)
        return served.err();
      if (!look_is_due())
        continue;
      next_look_ = matured_ + plan_.look_every;
      set_shares_due();
      auto judged = judge(experiment_, now_);
      if (!judged)
        return judged;
      decision = std::move(*judged);
    }
    return decision;
  }

private:
  struct served_unit {
    std::size_t arm;
    std::vector<double> shares;
  };
  struct answer {
    time_point at;
    std::string unit;
    double value;
    /// The earliest is on top of a queue.
    friend bool operator<(const answer& a, const answer& b) {
      return std::tie(b.at, b.unit) < std::tie(a.at, a.unit);
    }
  };

  [[nodiscard]] bool look_is_due() const {
    return matured_ >= next_look_ ||
      now_ - experiment_.began >= experiment_.settings.rule.max_duration;
  }

  void set_shares_due() {
    auto due = shares_due(experiment_, now_);
    if (due != experiment_.shares)
      set_shares(experiment_, std::move(due));
  }

  [[nodiscard]] double rate_now(const simulated_arm& arm) const {
    const auto days = static_cast<double>((now_ - experiment_.began).count()) /
      static_cast<double>(day.count());
    const auto moved = truth_.wave * std::sin(2 * std::numbers::pi * days) +
      truth_.drift_per_day * days;
    return std::clamp(rate_of(arm, 0) + moved, 0.0, 1.0);
  }

  /// A unit comes, is assigned, served, and may answer later.
  result<void> serve() {
    const auto name = std::to_string(++units_);
    const auto k = assign_arm(name, salt_, experiment_.shares);
    if (auto counted = count_assigned(experiment_, k, experiment_.shares);
        !counted)
      return counted;
    const auto& arm = truth_.arms[k];
    if (!draws_.happens(arm.arrives))
      return {};
    if (auto exposed = waiting_.expose(name, now_); !exposed)
      return exposed;
    served_.push_back({k, experiment_.shares});
    if (draws_.happens(arm.answers)) {
      const auto at = now_ + draws_.wait(arm.feedback_delay);
      answers_.push({at, name, draws_.happens(rate_now(arm)) ? 1.0 : 0.0});
    }
    return {};
  }

  /// What was said until now arrives, and units mature.
  result<void> pass_time() {
    for (; !answers_.empty() && answers_.top().at <= now_; answers_.pop()) {
      const auto& said = answers_.top();
      waiting_.feedback(said.unit, "user", said.at, said.value);
    }
    for (const auto& unit : waiting_.advance(now_)) {
      // They mature in the order in which they were served.
      auto served = std::move(served_.front());
      served_.pop_front();
      ++matured_;
      if (auto counted = count(std::move(served), unit.outcome); !counted)
        return counted;
    }
    return {};
  }

  result<void> count(served_unit served, std::optional<double> outcome) {
    const auto& arm = truth_.arms[served.arm];
    matured_unit unit{served.arm, std::move(served.shares), {outcome}};
    const auto guardrails = experiment_.settings.rule.guardrails.size();
    for (std::size_t m = 1; m <= guardrails; ++m)
      unit.outcomes.emplace_back(draws_.happens(rate_of(arm, m)) ? 1.0 : 0.0);
    return count_matured(experiment_, unit);
  }

  const simulation_plan& plan_;
  const simulated_truth& truth_;
  live_experiment experiment_;
  std::string salt_;
  draws draws_;
  maturing_units waiting_;
  time_point now_;
  std::uint64_t units_ = 0;
  std::uint64_t matured_ = 0;
  std::uint64_t next_look_ = 1;
  std::deque<served_unit> served_;
  std::priority_queue<answer> answers_;
};

result<void> check(const simulated_arm& arm) {
  for (const auto rate : arm.rates)
    if (!is_share(rate))
      return invalid("every rate must be in [0, 1]");
  if (!is_share(arm.answers) || !is_share(arm.arrives))
    return invalid("the shares of units that answer and arrive must be in "
                   "[0, 1]");
  if (arm.feedback_delay < duration::zero())
    return invalid("feedback cannot come before its unit");
  return {};
}

result<void> check(const simulation_plan& plan, const simulated_truth& truth) {
  if (truth.arms.size() < 2)
    return invalid("there must be a champion and a challenger");
  for (const auto& arm : truth.arms)
    if (auto sound = check(arm); !sound)
      return sound;
  if (plan.maturity.horizon <= duration::zero())
    return invalid("the horizon must be above 0");
  // A day has no more milliseconds than this, and a run no more memory.
  if (!(plan.units_per_day > 0 && plan.units_per_day <= 86'400'000))
    return invalid("units_per_day must be above 0, and at most 86,400,000");
  if (plan.runs == 0 || plan.look_every == 0)
    return invalid("there must be a run, and a look");
  return {};
}

std::vector<std::string> names_of(const simulated_truth& truth) {
  std::vector<std::string> names;
  for (std::size_t k = 1; k < truth.arms.size(); ++k)
    names.push_back("challenger " + std::to_string(k));
  return names;
}

/// Whether the winner is none in truth.
bool is_wrong(
  const experiment_decision& decision, const simulation_plan& plan,
  const simulated_truth& truth) {
  if (decision.verdict != experiment_verdict::promote)
    return false;
  const auto names = names_of(truth);
  const auto won = static_cast<std::size_t>(
    std::find(names.begin(), names.end(), decision.winner) - names.begin());
  const auto effect =
    rate_of(truth.arms[1 + won], 0) - rate_of(truth.arms[0], 0);
  return effect <= plan.settings.rule.primary.min_effect;
}

template <class T>
T quantile(std::vector<T> values, double q) {
  if (values.empty())
    return T{};
  std::sort(values.begin(), values.end());
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(q * last)];
}

struct ended_runs {
  std::vector<std::uint64_t> units;
  std::vector<duration> times;
};

} // namespace

interval share_interval(std::uint64_t count, std::uint64_t runs) {
  const auto k = static_cast<double>(count);
  const auto rest = static_cast<double>(runs - count);
  return {
    count == 0 ? 0 : detail::incomplete_beta_inverse(k, rest + 1, 0.025),
    count == runs ? 1 : detail::incomplete_beta_inverse(k + 1, rest, 0.975)};
}

result<simulation_report>
simulate(const simulation_plan& plan, const simulated_truth& truth) {
  if (auto sound = check(plan, truth); !sound)
    return sound.err();
  const auto begun = begin_experiment(
    plan.settings, names_of(truth), 1, 0, from_ms(1'767'225'600'000));
  if (!begun)
    return begun.err();
  simulation_report report;
  std::array<ended_runs, 4> ended;
  for (std::uint64_t i = 0; i < plan.runs; ++i) {
    const auto decision = simulated_run{plan, truth, *begun, i}.go();
    if (!decision)
      return decision.err();
    auto& list = ended[static_cast<std::size_t>(decision->verdict) - 1];
    list.units.push_back(decision->units);
    list.times.push_back(decision->elapsed);
    report.simulated += decision->elapsed;
    report.promoted_wrongly += is_wrong(*decision, plan, truth) ? 1 : 0;
  }
  report.runs = plan.runs;
  for (std::size_t v = 0; v < ended.size(); ++v)
    report.verdicts[v] = {
      ended[v].units.size(), quantile(ended[v].units, 0.5),
      quantile(ended[v].units, 0.9), quantile(ended[v].times, 0.5)};
  return report;
}

} // namespace ratchet::analysis
