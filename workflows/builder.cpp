#include "ratchet/loop.hpp"

namespace ratchet {

namespace {

using namespace std::chrono_literals;

/// What the engine does by itself is quick, or stuck.
constexpr duration gate_timeout = 10min;
constexpr duration promote_timeout = 1min;

workflows::stage_definition
stage_named(std::string name, workflows::stage_kind kind) {
  workflows::stage_definition out;
  out.name = std::move(name);
  out.kind = kind;
  return out;
}

} // namespace

loop::loop(std::string name) {
  definition_.name = std::move(name);
}

loop& loop::channel(workflows::channel_definition channel) {
  definition_.channels.push_back(std::move(channel));
  return *this;
}

loop& loop::metric(std::string name) {
  definition_.metrics.push_back({std::move(name), {}, true});
  return *this;
}

loop& loop::from(std::string channel) {
  if (auto* metric = last_metric("from"))
    metric->channel = std::move(channel);
  return *this;
}

loop& loop::higher_is_better() {
  if (auto* metric = last_metric("higher_is_better"))
    metric->higher_is_better = true;
  return *this;
}

loop& loop::lower_is_better() {
  if (auto* metric = last_metric("lower_is_better"))
    metric->higher_is_better = false;
  return *this;
}

loop& loop::alarm(drop_limits limits) {
  if (auto* metric = last_metric("alarm"))
    metric->alarm = detail::rule_of(limits);
  return *this;
}

loop& loop::windows(workflows::window_policy windows) {
  definition_.windows = windows;
  return *this;
}

loop& loop::areas(area_options options) {
  definition_.areas.push_back(std::move(options));
  return *this;
}

loop& loop::join_within(duration window) {
  definition_.join_window = window;
  return *this;
}

loop& loop::keep(retention limits) {
  definition_.keep = limits;
  return *this;
}

loop& loop::retrain_when(const trigger& trigger) {
  definition_.trigger = trigger.policy();
  return *this;
}

loop& loop::timing(synchronous) {
  definition_.max_in_flight = 1;
  definition_.timing.mode = workflows::timing_mode::synchronous;
  definition_.timing.max_staleness = 0;
  return *this;
}

loop& loop::timing(asynchronous setting) {
  definition_.max_in_flight = setting.max_in_flight;
  definition_.timing.mode = setting.max_staleness
    ? workflows::timing_mode::asynchronous
    : workflows::timing_mode::open;
  definition_.timing.max_staleness = setting.max_staleness.value_or(0);
  return *this;
}

loop& loop::late_feedback(workflows::late_policy policy) {
  definition_.timing.late = policy;
  return *this;
}

loop& loop::concurrency(std::uint32_t attempts) {
  if (attempts == 0)
    note_mistake(
      "concurrency is 0 and nothing would run; give at least 1, or leave it "
      "out for no bound");
  definition_.concurrency = attempts;
  return *this;
}

loop& loop::priority(std::uint32_t priority) {
  definition_.priority = priority;
  return *this;
}

loop& loop::stage(std::string name, const command& stage) {
  if (!stage.mistake().empty())
    note_mistake("stage \"" + name + "\": " + stage.mistake());
  auto definition = stage.definition();
  definition.name = std::move(name);
  return add(std::move(definition));
}

loop& loop::stage(std::string name, const callable& stage) {
  auto definition = stage.definition();
  definition.name = std::move(name);
  functions_.insert_or_assign(definition.name, stage.function());
  return add(std::move(definition));
}

loop& loop::stage(std::string name, stage_function function) {
  return stage(std::move(name), callable{std::move(function)});
}

loop& loop::stage(std::string name, export_dataset options) {
  auto definition =
    stage_named(std::move(name), workflows::stage_kind::dataset);
  definition.dataset = std::move(options);
  return add(std::move(definition));
}

loop& loop::gate(std::string name, workflows::gate_options options) {
  auto definition = stage_named(std::move(name), workflows::stage_kind::gate);
  definition.gate = std::move(options);
  definition.timeout = gate_timeout;
  return add(std::move(definition));
}

loop& loop::choose(std::string name, std::string gate) {
  auto definition = stage_named(std::move(name), workflows::stage_kind::choose);
  definition.choose_by = std::move(gate);
  definition.timeout = gate_timeout;
  return add(std::move(definition));
}

loop& loop::run_loop(std::string name, std::string other, nested_loop options) {
  auto definition =
    stage_named(std::move(name), workflows::stage_kind::run_loop);
  definition.timeout = options.within;
  definition.nested = {
    std::move(other), options.on_timeout, options.on_rejected,
    options.on_failed};
  return add(std::move(definition));
}

loop& loop::experiment(experiment_options options) {
  auto definition =
    stage_named("experiment", workflows::stage_kind::experiment);
  definition.experiment = std::move(options);
  return add(std::move(definition));
}

loop& loop::promote(promotion_options options) {
  auto definition = stage_named("promote", workflows::stage_kind::promote);
  definition.promotion = options;
  definition.timeout = promote_timeout;
  return add(std::move(definition));
}

loop& loop::after_these(std::vector<std::string> names) {
  if (auto* stage = last_stage("after"))
    stage->after = std::move(names);
  return *this;
}

loop& loop::when(const condition& condition) {
  auto* stage = last_stage("when");
  if (stage != nullptr && stage->when)
    note_mistake(
      "stage \"" + stage->name +
      "\": a second condition; join the two with &&");
  else if (stage != nullptr)
    stage->when = condition.tree();
  return *this;
}

loop& loop::add(workflows::stage_definition stage) {
  if (!definition_.stages.empty())
    stage.after = {definition_.stages.back().name};
  after_cleanup_ = false;
  definition_.stages.push_back(std::move(stage));
  return *this;
}

workflows::stage_definition* loop::last_stage(const char* call) {
  if (after_cleanup_) {
    note_mistake(
      std::string{call} +
      " follows on_failure(...) or always(...); call it after the stage(...) "
      "that it is about");
    return nullptr;
  }
  if (!definition_.stages.empty())
    return &definition_.stages.back();
  note_mistake(
    std::string{call} + " comes before any stage; call it after stage(...)");
  return nullptr;
}

workflows::metric_definition* loop::last_metric(const char* call) {
  if (!definition_.metrics.empty())
    return &definition_.metrics.back();
  note_mistake(
    std::string{call} + " comes before any metric; call it after metric(...)");
  return nullptr;
}

void loop::note_mistake(std::string mistake) {
  if (mistake_.empty())
    mistake_ = std::move(mistake);
}

} // namespace ratchet
