#include "scenario.hpp"

#include "storage/loop_journal.hpp"
#include "storage/registry.hpp"

#include <chrono>

namespace ratchet::test {

namespace {

using namespace std::chrono_literals;

const std::string name = "probation";

/// Complaint `n` about what `version` did, half a day after the one before.
void complain(driver& script, int n, version_number version) {
  const auto unit = "u" + std::to_string(n);
  const auto id = "f" + unit;
  storage::event_batch batch;
  batch.loop = name;
  batch.received = from_ms(1000) + n * 12h;
  storage::event_view seen;
  seen.kind = event_kind::interaction;
  seen.id = unit;
  seen.version = version;
  batch.add(seen, 0);
  storage::event_view said;
  said.kind = event_kind::feedback;
  said.id = id;
  said.interaction_id = unit;
  said.channel = "bad";
  said.value = true;
  batch.add(said, 1);
  script.append(std::move(batch));
}

void play(driver& script) {
  script.trigger(name, 1); // None to go back to.
  script.until_ended(name, 1);
  script.trigger(name, 2);
  script.until_ended(name, 2);
  // The last of them is the evidence: who takes the version back has counted
  // all that there is.
  for (int n = 0; n < 3; ++n)
    complain(script, n, version_number{2});
  const auto& node = script.node();
  const auto loop = node.journal().find_loop(name).value();
  script.until("version 2 is taken back", [&] {
    return node.registry().rollback_of(loop, version_number{2})->has_value();
  });
  script.trigger(name, 3);
  script.until_ended(name, 3);
  // Of version 2, and nothing of what serves now.
  for (int n = 12; n < 18; ++n)
    complain(script, n, version_number{2});
  script.until_counted(name);
}

} // namespace

scenario probation(const effects& world) {
  const auto train = world.shell_line("probation train") +
    "; echo \"model $RATCHET_ITERATION\" > \"$RATCHET_OUTPUT/model.txt\"";
  return {
    name,
    {loop(name)
       .channel(boolean("bad"))
       .metric("complaints")
       .from("bad")
       .lower_is_better()
       .alarm(
         {.above = 0.5,
          .mean_days_between_false_alarms = 1,
          .mean_days_between_false_warnings = 1}) // None comes before.
       .stage("train", command({"/bin/sh", "-c", train}))
       .promote({.probation = 1h})},
    play};
}

} // namespace ratchet::test
