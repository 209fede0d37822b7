#pragma once

#include "area_samples.hpp"
#include "workflows/audit.hpp"
#include "workflows/definition.hpp"
#include "workflows/iteration.hpp"
#include "workflows/loop_state.hpp"

#include <map>
#include <string>
#include <vector>

/// One of each event. The golden bytes of workflow_codec_test.cpp are made from
/// these, so no field is left to its default.

namespace ratchet::test {

inline time_point at(std::int64_t seconds) {
  return from_ms(1'790'000'000'000 + seconds * 1000);
}

inline workflows::artifact_ref sample_artifact() {
  return {"model.joblib", std::string(64, 'a'), 123'456'789'012};
}

inline workflows::iteration_started sample_start() {
  return {"digits",          iteration_number{7},
          "0123abcd",        "correction gained 312 of 300",
          version_number{3}, sequence{1000},
          sequence{2000},    at(1)};
}

/// What layout 2 added to a start, of an iteration and of a loop.
inline std::map<std::string, std::string> sample_labels() {
  return {{"team", "vision"}, {"ticket", "R-7"}};
}

inline workflows::admission_rule sample_rule() {
  return {
    {{version_number{3}, version_number{2}}},
    {{sequence{1990}, sequence{2001}}}};
}

inline workflows::stage_result sample_output() {
  return {
    {{"accuracy", "0.93"}, {"loss", "0.2"}},
    {sample_artifact()},
    version_number{4},
    "accuracy 0.93 against 0.91"};
}

inline workflows::experiment_verdict sample_verdict() {
  return {
    experiment_number{5}, workflows::experiment_outcome::promote,
    version_number{3}, version_number{4}, "version 4 is better"};
}

inline workflows::experiment_request sample_request() {
  return {
    iteration_number{9}, "experiment", 2, "0123abcd", {version_number{4}}};
}

inline std::vector<workflows::iteration_event> iteration_samples() {
  using namespace workflows;
  return {
    sample_start(),
    attempt_started{"train", 2, at(2), at(3602)},
    attempt_failed{
      "train", 2, at(3),
      attempt_failure{errc::timed_out, "took too long", -9, true}, at(5)},
    stage_succeeded{"train", 3, at(4), sample_output()},
    gate_refused{"no regression", 1, at(5), sample_output()},
    cancel_requested{"ann", "wrong data", at(6)},
    stage_canceled{"evaluate", at(7)},
    stage_reset{"train", "bob", "disk was full", at(8)},
    iteration_ended{iteration_outcome::rejected, "gate said no", at(9)},
    stage_skipped{"publish", "bob", "not today", at(10)},
    cleanup_started{iteration_outcome::failed, "train failed", at(11)},
    attempt_queued{"train", 2, at(12), at(612)},
    attempt_dispatched{"train", 2, at(13), at(3613)},
    items_awaited{"train", 2, at(14)},
    items_fixed{"train", 2, at(15), {"de", "fr"}},
    wait_started{"sign-off", at(14), at(86414)},
    stage_approved{"sign-off", "ann", "looks good", at(15)},
    stage_rejected{"sign-off", "bob", "worse on tablets", at(16)},
    signal_received{"labels-ready", "batch-1", "labels@example", "42", at(17)},
    signal_taken{"labels", "labels-ready", 1, at(18)},
    wait_timed_out{
      "sign-off", wait_outcome::reject, "nobody answered within 1d", at(19)},
    stage_slept{"soak", at(20)},
    step_recorded{"train", 2, "epoch 1", R"({"loss":0.25})", at(21)},
    attempt_suspended{
      "train", 2, "labels-ready 1", step_kind::signal, "labels-ready", at(3622),
      at(22)},
    attempt_resumed{"train", 2, 1, at(23), at(3623)},
    iteration_labeled{
      {{"team", "vision"}}, {"ticket"}, "ann", "to find it", at(27)},
    iteration_paused{"ann", "quiet hours", true, at(24)},
    attempt_withdrawn{"train", 2, at(25)},
    iteration_resumed{"bob", "back", at(26)},
    experiment_awaited{"experiment", 2, at(24)},
    experiment_decided{"experiment", 2, sample_verdict(), at(25)},
  };
}

/// The start with what layout 2 added.
inline workflows::iteration_event sample_start_2() {
  auto start = sample_start();
  start.admits = sample_rule();
  start.labels = sample_labels();
  return start;
}

/// The failed attempt with what layout 2 added.
inline workflows::iteration_event sample_failure_2() {
  auto event = iteration_samples().at(2);
  auto& failure = std::get<workflows::attempt_failed>(event).failure;
  failure.name = "bad_data";
  failure.retry_after = std::chrono::seconds{30};
  return event;
}

inline workflows::drop_reading sample_reading() {
  return {
    workflows::drop_level::alarm,
    version_number{3},
    9,
    31.25,
    30,
    1204,
    0.8871,
    312,
    0.7123,
    at(5),
    at(9),
    0.8549,
    0.9134};
}

inline workflows::drop_rule sample_rule_of_drops() {
  return {0.9, false, 30, 7, 1000};
}

inline const char* sample_drop() {
  return "drop_of(\"accuracy\")";
}

inline workflows::trigger_inputs sample_inputs() {
  return {
    sequence{2000},
    {{"correction", 312}},
    {{"base", 4}},
    {{"data", {2, 11}}},
    std::chrono::seconds{90},
    {{sample_drop(), sample_reading()}},
    sample_readings(),
    3};
}

inline std::vector<workflows::loop_event> loop_samples() {
  using namespace workflows;
  std::vector<loop_event> events{
    loop_adopted{at(1)},
    iteration_requested{
      iteration_number{1}, "0123abcd", "correction gained 312 of 300",
      "trigger", trigger_inputs{sequence{2000}, {{"correction", 312}}},
      sequence{1000}, sequence{2000}, version_number{3}, at(2)},
    iteration_closed{iteration_number{1}, iteration_outcome::failed, at(3)},
    iteration_reopened{iteration_number{1}, "ann", "try again", at(4)},
    loop_paused{"ann", "holiday", at(5)},
    loop_resumed{"bob", "back", at(6)},
    version_registered{
      version_number{1}, "digits-1-train-2", iteration_number{1},
      sample_artifact(), at(7)},
    champion_moved{
      move_kind::rollback, version_number{2}, version_number{1},
      iteration_number{1}, "ann", "worse on tablets", at(8)},
  };
  start_skipped skipped;
  skipped.fingerprint = "0123abcd";
  skipped.reason = "correction gained 312 of 300";
  skipped.inputs = {sequence{2000}, {{"correction", 312}}};
  skipped.at = at(9);
  events.emplace_back(std::move(skipped));
  events.emplace_back(start_queued{
    "0123abcd",
    "webhook data was called once",
    sample_inputs(),
    sequence{2000},
    {"champion_older_than(30d)"},
    at(10)});
  events.emplace_back(
    trigger_noted{{"champion_older_than(30d)"}, {{"base", 3}}, at(11)});
  events.emplace_back(webhook_received{"data", "k-1", "{\"rows\":7}", at(12)});
  events.emplace_back(loop_archived{"ann", "replaced by digits2", at(13)});
  events.emplace_back(drop_raised{
    sample_drop(), "accuracy", sample_rule_of_drops(), sample_reading(),
    "accuracy of version 3 fell below 0.9", sequence{2000}, at(13)});
  events.emplace_back(
    alarm_acknowledged{12, sample_drop(), "ann", "a broken client", at(14)});
  events.emplace_back(experiment_requested{sample_request(), at(13)});
  events.emplace_back(experiment_begun{
    experiment_number{5}, sample_request(), version_number{3}, 2, at(14)});
  events.emplace_back(experiment_ended{
    iteration_number{9}, "experiment", 2, sample_verdict(), at(15)});
  events.emplace_back(areas_looked{
    sample_look(), "accuracy of version 3 loses most on tablets", at(16)});
  return events;
}

/// The same with what layout 2 added.
inline std::vector<workflows::loop_event> loop_samples_2() {
  using namespace workflows;
  auto events = loop_samples();
  auto& requested = std::get<iteration_requested>(events[1]);
  requested.inputs = sample_inputs();
  requested.fired = {"champion_older_than(30d)"};
  requested.queued = at(1);
  requested.admits = sample_rule();
  requested.window = sequence{2005};
  requested.request = "nightly.7.child.1";
  requested.labels = sample_labels();
  auto& closed = std::get<iteration_closed>(events[2]);
  closed.ran = std::chrono::minutes{7};
  closed.window = std::chrono::hours{168};
  closed.history_end = sequence{2100};
  closed.recount = {{"correction", 320}};
  auto& reopened = std::get<iteration_reopened>(events[3]);
  reopened.ran = std::chrono::minutes{7};
  reopened.window = sequence{2200};
  auto& skipped = std::get<start_skipped>(events[8]);
  skipped.inputs = sample_inputs();
  skipped.fired = {"champion_older_than(30d)"};
  auto& moved = std::get<champion_moved>(events[7]);
  moved.probation = std::chrono::hours{24};
  moved.alarm =
    probation_alarm{sample_drop(),    "accuracy",     sample_rule_of_drops(),
                    sample_reading(), sequence{2000}, at(1),
                    at(86401)};
  return events;
}

inline workflows::loop_state sample_state() {
  workflows::loop_state state;
  state.paused = true;
  state.last_iteration = iteration_number{9};
  state.running = {iteration_number{8}, iteration_number{9}};
  state.last_version = version_number{4};
  state.champion = version_number{3};
  state.previous = version_number{2};
  state.promoted_by = iteration_number{7};
  state.trigger.baseline = {sequence{2000}, {{"correction", 312}}};
  state.trigger.first_seen = at(1);
  state.trigger.last_start = at(2);
  state.trigger.last_end = at(3);
  state.trigger.champion_since = at(4);
  state.trigger.starts = {at(1), at(2)};
  state.data_to = sequence{2000};
  state.registered = {
    {"digits-9-train-1", {version_number{4}, iteration_number{9}, true}}};
  state.event_count = 42;
  return state;
}

/// What layout 3 added, beside what there was.
inline workflows::loop_state sample_state_3() {
  auto state = sample_state();
  state.trigger.baseline = sample_inputs();
  state.trigger.disarmed = {"champion_older_than(30d)"};
  state.trigger.webhooks = {{"data", {2, 11}}};
  state.trigger.spent = {{at(3), std::chrono::minutes{7}}};
  state.queued = std::get<workflows::start_queued>(loop_samples()[9]);
  state.promotions = 5;
  state.webhook_keys = {{0x1122334455667788, 0x99aabbcc, 11}};
  state.accounted = {{iteration_number{8}, std::chrono::minutes{3}}};
  state.champions = {version_number{3}, version_number{2}};
  state.closed_from = {{iteration_number{9}, sequence{2005}}};
  state.closed = {{sequence{1990}, sequence{2001}}};
  state.archived = true;
  state.trigger.watch_record = 9;
  state.trigger.acknowledged = {{sample_drop(), 14}};
  state.trigger.rollbacks = 4;
  state.alarms = {
    {12, sample_drop(), workflows::drop_level::warning, 9, 13},
    {20, sample_drop(), workflows::drop_level::alarm, 14, {}}};
  state.experiment = {
    experiment_number{5}, sample_request(), version_number{3}, at(14)};
  state.experiments_waiting = {sample_request()};
  state.experiments_ended = {
    {iteration_number{8},
     {iteration_number{8}, "experiment", 1, sample_verdict(), at(13)}}};
  state.experiments_begun = experiment_number{5};
  state.experiments_won = 2;
  state.areas = {{"accuracy", {21, version_number{3}, at(8), 77}}};
  state.trigger.areas = sample_readings();
  state.probation_until = at(86401);
  return state;
}

inline workflows::iteration_summary sample_summary() {
  return {
    sample_start(), workflows::iteration_outcome::promoted, at(60),
    version_number{4}, "accuracy 0.93 against 0.91"};
}

/// What layout 2 added, beside what there was.
inline workflows::iteration_summary sample_summary_2() {
  auto summary = sample_summary();
  summary.start.admits = sample_rule();
  summary.ran = std::chrono::minutes{7};
  summary.start.labels = sample_labels();
  summary.paused = true;
  summary.labels = {{"team", "speech"}};
  return summary;
}

inline workflows::audit_entry sample_audit() {
  return {{at(1), 17},           "skip",
          iteration_number{7},   "train",
          version_number{3},     "ann",
          "disk was full",       workflows::audit_outcome::refused,
          "stage \"train\" runs"};
}

inline workflows::loop_definition sample_definition() {
  using namespace workflows;
  loop_definition d;
  d.name = "digits";
  d.channels = {
    {"verdict", value_type::boolean, {}, {}, {}},
    {"stars", value_type::number, {}, 1.0, 5.0},
    {"correction", value_type::category, {"0", "1"}, {}, {}}};
  d.metrics = {{"accuracy", "verdict", true}};
  d.slice_by = {"writer", "device"};
  d.join_window = std::chrono::minutes{10};
  trigger_condition any;
  any.children = {
    {condition_kind::feedback_count, "correction", 300, duration{0}, {}},
    {condition_kind::every, "", 0, std::chrono::hours{24}, {}}};
  any.children[1].schedule = "30 2 * * 1-5";
  any.children[1].zone = "Europe/Berlin";
  d.trigger = {
    any,
    std::chrono::hours{1},
    200,
    {4, std::chrono::hours{24}},
    when_busy::skip};
  d.max_in_flight = 2;
  // Each field by hand: a new default must not look like a new format.
  stage_definition train;
  train.name = "train";
  train.kind = stage_kind::command;
  train.argv = {"python3", "train.py"};
  train.env = {{"SEED", "1"}};
  train.dataset = {"labels", "", 0.2, true};
  train.gate = {"", 0, 0.05, 10, false};
  train.timeout = std::chrono::hours{1};
  train.grace = std::chrono::seconds{10};
  train.retry = {
    3, std::chrono::seconds{1}, 2.0, std::chrono::minutes{5}, 0.1, {2, 64}};
  train.label = "gpu";
  auto gate = train;
  gate.name = "no regression";
  gate.kind = stage_kind::gate;
  gate.after = {"train"};
  gate.argv.clear();
  gate.env.clear();
  gate.gate = {"accuracy", 0.01, 0.05, 20, true};
  gate.retry.max_attempts = 1;
  gate.retry.non_retryable_exit_codes.clear();
  gate.label.clear();
  d.stages = {train, gate};
  d.keep = {.age = std::chrono::hours{2160}, .bytes = 50'000'000'000};
  return d;
}

/// What layout 3 added, beside what there was.
inline workflows::loop_definition sample_definition_3() {
  using namespace workflows;
  auto d = sample_definition();
  const stage_condition good{predicate_kind::number,
                             "train",
                             "accuracy",
                             comparison::at_least,
                             0.9,
                             "",
                             {}};
  const stage_condition not_draft{
    predicate_kind::text, "train", "mode", comparison::unequal, 0, "draft", {}};
  stage_condition both;
  both.kind = predicate_kind::all_of;
  both.children = {good, not_draft};
  d.stages[1].when = both;
  auto undo = d.stages[0];
  undo.name = "compensate train";
  auto notify = d.stages[0];
  notify.name = "notify";
  auto tidy = d.stages[0];
  tidy.name = "tidy";
  d.cleanup = {
    {cleanup_kind::compensate, "train", undo},
    {cleanup_kind::on_failure, "", notify},
    {cleanup_kind::always, "", tidy}};
  return d;
}

inline workflows::experiment_options sample_experiment() {
  using namespace std::chrono_literals;
  return {
    .metric = "accuracy",
    .traffic = 0.3,
    .min_effect = 0.005,
    .guardrails = {{"fast enough", 0.02, 0.9}},
    .ramp = {{0.1, 1h}, {0.5, 0h}},
    .min_units = 300,
    .max_units = 50'000,
    .min_duration = 168h,
    .max_duration = 336h,
    .horizon = 2h,
    .default_outcome = 0.5,
    .harm_margin = 0.01,
    .alpha = 0.04,
    .guardrail_alpha = 0.03,
    .harm_alpha = 0.002,
    .min_share = 0.06,
    .planned_units = 4000,
    .challengers = 3};
}

/// What layout 4 added, beside what there was.
inline workflows::loop_definition sample_definition_4() {
  using namespace workflows;
  auto d = sample_definition_3();
  d.stages[0].start_within = std::chrono::minutes{10};
  d.stages[0].heartbeat_within = std::chrono::seconds{30};
  d.stages[0].priority = 7;
  d.stages[0].retry.non_retryable = {"bad_data", "timeout"};
  auto& options = d.stages[0].for_each.emplace();
  options.source = item_source::output;
  options.items = {"de", "fr"};
  options.stage = "plan";
  options.name = "shards";
  options.count = 5;
  options.parallel = 3;
  options.policy = item_policy::threshold;
  options.least_items = 2;
  options.least_share = 0.8;
  d.stages[1].wait = {
    "labels-ready", std::chrono::hours{24}, workflows::wait_outcome::skip};
  d.stages[1].choose_by = "no regression";
  d.stages[1].nested = {
    "digits-small", child_policy::go_on, child_policy::fail,
    child_policy::go_on};
  d.stages[1].experiment = sample_experiment();
  d.stages[1].promotion.probation = std::chrono::hours{24};
  d.concurrency = 4;
  d.priority = 3;
  d.timing = {
    workflows::timing_mode::asynchronous, 2, workflows::late_policy::drop};
  workflows::trigger_condition hook;
  hook.kind = workflows::condition_kind::webhook;
  hook.source = "data";
  workflows::trigger_condition after;
  after.kind = workflows::condition_kind::promoted;
  after.source = "base";
  d.trigger.condition->children.push_back(hook);
  d.trigger.condition->children.push_back(after);
  workflows::trigger_condition drop;
  drop.kind = workflows::condition_kind::drop;
  drop.source = "accuracy";
  drop.drop = sample_rule_of_drops();
  d.trigger.condition->children.push_back(drop);
  workflows::trigger_condition area;
  area.kind = workflows::condition_kind::area;
  area.source = "accuracy";
  area.area = {0.01, 200};
  d.trigger.condition->children.push_back(area);
  d.areas = {sample_area_options()};
  d.stages[0].dataset.oversample_areas = 2.5;
  workflows::trigger_condition rolled_back;
  rolled_back.kind = workflows::condition_kind::rolled_back;
  d.trigger.condition->children.push_back(rolled_back);
  d.metrics[0].alarm = sample_rule_of_drops();
  d.windows = {
    std::chrono::hours{6}, std::chrono::hours{2}, std::chrono::hours{48}};
  d.trigger.condition->hysteresis = true;
  d.trigger.busy = workflows::when_busy::queue_one;
  d.trigger.compute = {std::chrono::hours{2}, std::chrono::hours{168}};
  return d;
}

} // namespace ratchet::test
