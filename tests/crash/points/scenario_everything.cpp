#include "scenario.hpp"

#include "everything_stages.hpp"
#include "report.hpp"
#include "storage/artifacts.hpp"
#include "traffic.hpp"
#include "workflows/stage.hpp"

namespace ratchet::test {

namespace {

using namespace std::chrono_literals;
using actors::operator_verb;
using workflows::stage_status;

const std::string name = "everything";
const std::string inner = "everything-child";

/// What served all that the feedback is about.
constexpr version_number base{1};

actors::operator_request about(operator_verb verb, std::uint64_t number) {
  return {.verb = verb, .loop = name, .iteration = iteration_number{number}};
}

void crown_base(driver& script) {
  const auto made = script.node().artifacts().put_bytes("base", "model.txt");
  if (!made)
    give_up(made.err().message);
  script.act(
    "crown",
    {.verb = operator_verb::add_version,
     .loop = name,
     .artifact = *made,
     .champion = true});
}

void send(driver& script, const std::string& signal, std::uint64_t number) {
  auto wish = about(operator_verb::signal, number);
  const auto id = signal + " " + std::to_string(number);
  wish.signal = {signal, id, "42"};
  script.act(id, wish);
}

void answer(driver& script, operator_verb verb, std::uint64_t number) {
  script.until_stage(name, number, "sign-off", stage_status::waiting);
  script.act("answer " + std::to_string(number), about(verb, number));
}

/// One item trains; that another waits for its slot has been recorded.
bool has_waited_for_slot(const driver& script) {
  const auto it = script.iteration(name, 1);
  if (!it)
    return false;
  const auto training = it->fan_outs.find("train");
  if (training == it->fan_outs.end())
    return false;
  for (const auto& unit : training->second.units)
    if (unit.status == stage_status::queued || workflows::is_final(unit.status))
      return true;
  return false;
}

void leave_once(const effects& world, const std::string& what) {
  if (world.count(what) == 0)
    world.leave(what);
}

/// Promoted. Meanwhile feedback starts the second.
void play_first(driver& script, const effects& world) {
  script.feedback(inner, "ok", 1, 2);
  script.until_counted(inner);
  script.feedback(name, "ok", 1, 4, base);
  script.until("feedback starts an iteration", [&] {
    return script.state(name).last_iteration.value >= 1;
  });
  send(script, "go", 1);
  script.until(
    "an item waits for its slot", [&] { return has_waited_for_slot(script); });
  leave_once(world, training_released);
  script.until_stage(name, 1, "sign-off", stage_status::waiting);
  script.feedback(name, "ok", 5, 8, base);
  script.until("iterations overlap", [&] {
    return script.state(name).last_iteration.value >= 2;
  });
  send(script, "labels-ready", 1); // Before its stage waits for it.
  answer(script, operator_verb::approve, 1);
  serve_experiment(
    script,
    {.loop = name,
     .channel = "pleased",
     .iteration = iteration_number{1},
     .experiment = experiment_number{1},
     .better = 1});
  script.until_ended(name, 1);
}

/// Fails for good, is undone, and goes on once its data is mended.
void play_second(driver& script, const effects& world) {
  answer(script, operator_verb::approve, 2);
  script.until_stage(name, 2, "labels", stage_status::waiting);
  auto skip = about(operator_verb::skip, 2);
  skip.stage = "labels";
  script.act("skip", skip);
  script.until_ended(name, 2);
  leave_once(world, data_mended);
  auto again = about(operator_verb::retry, 2);
  again.stage = "work";
  script.act("again", again);
  script.until_ended(name, 2);
}

/// At once, in the midst of a command, which runs again after that.
void pause_and_resume(driver& script, std::uint64_t number) {
  auto pause = about(operator_verb::pause_iteration, number);
  pause.at_once = true;
  script.act("rest", pause);
  script.until("its command is withdrawn", [&] {
    const auto& tune = script.iteration(name, number)->stages.at("tune");
    return tune.status != stage_status::running || tune.attempt > 1;
  });
  script.act("go on", about(operator_verb::resume_iteration, number));
}

/// Waits until the loop goes on, is paused in its middle, and canceled there.
void play_third(driver& script, const effects& world) {
  script.act("pause", {.verb = operator_verb::pause, .loop = name});
  script.feedback(name, "ok", 9, 12, base);
  script.act("resume", {.verb = operator_verb::resume, .loop = name});
  script.until("the loop goes on", [&] {
    return script.state(name).last_iteration.value >= 3;
  });
  answer(script, operator_verb::approve, 3);
  send(script, "labels-ready", 3);
  script.until("it tunes", [&] { return world.count(tuning_began) > 0; });
  pause_and_resume(script, 3);
  script.until("it tunes again", [&] { return world.count(tuning_began) > 1; });
  script.act("cancel", about(operator_verb::cancel, 3));
  script.until_ended(name, 3);
  auto label = about(operator_verb::label, 3);
  label.labels = {{"kept", "yes"}};
  script.act("label", label);
}

/// Started by hand, and refused; the promotion of the first is taken back.
void play_fourth(driver& script) {
  script.trigger(name, 4);
  answer(script, operator_verb::reject, 4);
  script.until_ended(name, 4);
  script.act("roll back", {.verb = operator_verb::rollback, .loop = name});
}

void play(driver& script, const effects& world) {
  crown_base(script);
  play_first(script, world);
  play_second(script, world);
  play_third(script, world);
  play_fourth(script);
}

condition in_turn(int number) {
  return output("plan", "turn") == number;
}

/// Several challengers, of which one is chosen.
void add_challengers(loop& to, const effects& world) {
  to.stage(
      "prepare",
      callable(prepares(world))
        .retry(
          {.max_attempts = 6, .initial = 5ms, .non_retryable = {"bad_item"}}))
    .for_each(listed_in_file("plan", "items.json").parallel(2).skip_failed())
    .stage("train", callable(trains(world)).label("gpu"))
    .for_each(items({"5", "15", "10"}))
    .when(in_turn(1))
    .stage("evaluate", evaluates())
    .for_each(each_of("train").parallel(2))
    .when(in_turn(1))
    .gate("not worse", not_worse_than_champion("accuracy"))
    .when(in_turn(1))
    .choose("best")
    .when(in_turn(1));
}

/// Beside them: a function in steps, and another loop.
void add_branches(loop& to, const effects& world) {
  to.stage(
      "label",
      callable(labels(world)).retry({.max_attempts = 6, .initial = 5ms}))
    .after("plan")
    .when(in_turn(1))
    .run_loop("child", inner, {.within = 1h})
    .after("plan")
    .when(in_turn(1));
}

void add_waits(loop& to) {
  to.approval("sign-off", {.within = 1h, .on_timeout = on_timeout::fail})
    .after("best", "label", "child")
    .approval("quick", {.within = 10ms, .on_timeout = on_timeout::approve})
    .wait_for_signal(
      "labels",
      {.signal = "labels-ready", .within = 1h, .on_timeout = on_timeout::fail})
    .sleep("soak", 10ms);
}

/// What is undone, and what it is undone for.
void add_work(loop& to, const effects& world) {
  to.stage("publish", leaves_effect(world, "publish"))
    .compensate(callable(undoes_publish(world)))
    .stage("announce", leaves_effect(world, "announce"))
    .compensate(callable(undoes_announce(world)))
    .stage(
      "slow",
      callable(is_slow(world))
        .timeout(200ms)
        .heartbeat_within(60ms)
        .retry({.max_attempts = 50, .initial = 5ms, .cap = 10ms}))
    .when(in_turn(1))
    .stage(
      "work",
      callable(works(world))
        .retry(
          {.max_attempts = 5, .initial = 5ms, .non_retryable = {"bad_data"}}))
    .stage("tune", command(tuning(world)))
    .when(in_turn(3))
    .experiment(
      {.metric = "liked",
       .min_units = 10,
       .max_duration = 1h,
       .horizon = 1ms,
       .planned_units = 80})
    .when(in_turn(1))
    .promote()
    .when(in_turn(1))
    .on_failure("tell", callable(leaves_effect(world, "tell")))
    .always(
      "sweep",
      command({"/bin/sh", "-c", world.shell_line("everything sweep")}));
}

loop outer_loop(const effects& world) {
  loop out{name};
  out.channel(boolean("ok"))
    .channel(boolean("pleased"))
    .metric("liked")
    .from("pleased")
    .retrain_when(feedback_count("ok", 4).cooldown(50ms))
    .timing(asynchronous{.max_staleness = 1, .max_in_flight = 2})
    .concurrency(4)
    .stage(
      "dataset",
      export_dataset{
        .channel = "ok", .eval_fraction = 0.0, .whole_history = false})
    .stage("plan", plans(world));
  add_challengers(out, world);
  add_branches(out, world);
  add_waits(out);
  add_work(out, world);
  return out;
}

loop inner_loop(const effects& world) {
  return loop(inner)
    .channel(boolean("ok"))
    .timing(synchronous{})
    .late_feedback(drop)
    .stage(
      "dataset",
      export_dataset{
        .channel = "ok", .eval_fraction = 0.0, .whole_history = false})
    .stage("work", leaves_effect(world, "work"));
}

/// Every event of an iteration but a gate's no, which ends as a person's does.
std::vector<std::string> all_that_can_happen() {
  auto all = every_event_type();
  std::erase(all, "gate_refused");
  for (const auto failure :
       {workflows::close_timeout, workflows::heartbeat_timeout})
    all.emplace_back(failure);
  all.insert(all.end(), {"bad_item", "bad_data"});
  return all;
}

} // namespace

scenario everything(const effects& world) {
  return {
    .name = name,
    .loops = {outer_loop(world), inner_loop(world)},
    .play = [world](driver& script) { play(script, world); },
    .limits = {.labels = {{"gpu", 1}}},
    .shows = all_that_can_happen()};
}

} // namespace ratchet::test
