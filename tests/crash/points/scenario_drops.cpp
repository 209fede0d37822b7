#include "scenario.hpp"

#include "storage/loop_journal.hpp"
#include "storage/monitor_store.hpp"

#include <algorithm>

namespace ratchet::test {

namespace {

constexpr auto name = "drops";

/// All that was said, and that it was counted once: over all and over time.
void check_counts(const driver& script, std::uint64_t said) {
  const auto loop = script.node().journal().find_loop(name);
  if (!loop)
    give_up(loop.err().message);
  script.until_counted(name);
  const auto& store = script.node().store();
  const auto monitor = storage::load_monitor(store, *loop);
  const auto history = storage::load_history(store, *loop);
  if (!monitor || !history)
    give_up("the monitor cannot be read");
  const analysis::metric_key key{
    "complaints", {}, analysis::slice_scope::overall, {}, {}};
  const auto* cell = monitor->metrics.find(key);
  const auto windows = history->windows(key, 1);
  if (cell == nullptr || windows.empty())
    give_up("nothing was counted");
  if (cell->count != said || windows[0].value.sums != *cell)
    give_up("feedback was lost or counted twice");
}

void play(driver& script) {
  const auto first_alarm = [&] {
    const auto alarms = script.state(name).alarms;
    return alarms.empty() ? 0 : alarms.front().event;
  };
  script.act("pause", {.verb = actors::operator_verb::pause, .loop = name});
  script.feedback(name, "ok", 1, 60);
  script.until("the alarm is raised", [&] { return first_alarm() != 0; });
  script.act(
    "acknowledge",
    {.verb = actors::operator_verb::acknowledge,
     .loop = name,
     .alarm = first_alarm()});
  script.act("resume", {.verb = actors::operator_verb::resume, .loop = name});
  script.feedback(name, "ok", 61, 120);
  script.until_ended(name, 1);
  check_counts(script, 120);
}

} // namespace

scenario drops(const effects& world) {
  const auto train = world.shell_line("drops train") +
    "; echo model > \"$RATCHET_OUTPUT/model.txt\"";
  // All is said in one moment, which weighs a millisecond of evidence: so the
  // time between false alarms is short.
  return {
    name,
    {loop(name)
       .channel(boolean("ok"))
       .metric("complaints")
       .from("ok")
       .lower_is_better()
       .retrain_when(drop_of(
         "complaints", {.above = 0.5, .mean_days_between_false_alarms = 1e-6}))
       .stage("train", command({"/bin/sh", "-c", train}))
       .promote()},
    play};
}

} // namespace ratchet::test
