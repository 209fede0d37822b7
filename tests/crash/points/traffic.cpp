#include "traffic.hpp"

#include "analysis/exposure.hpp"
#include "analysis/live_experiment.hpp"

#include <optional>

namespace ratchet::test {

namespace {

using workflows::iteration_outcome;

/// Who serves in the experiment; nothing: its iteration has ended.
std::optional<actors::served_version>
arms_of(const driver& script, const trial_traffic& users) {
  std::optional<actors::served_version> arms;
  script.until("the arms are served", [&] {
    const auto it = script.iteration(users.loop, users.iteration.value);
    if (it && it->outcome != iteration_outcome::running)
      return true;
    const auto table = script.node().assignments();
    const auto found = table->find(users.loop);
    if (
      found == table->end() || found->second.experiment == nullptr ||
      found->second.experiment->number != users.experiment)
      return false;
    arms = found->second;
    return true;
  });
  return arms;
}

} // namespace

void serve_experiment(driver& script, const trial_traffic& users) {
  const auto served = arms_of(script, users);
  if (!served)
    return;
  const auto& with = *served->experiment;
  storage::event_batch batch;
  batch.loop = users.loop;
  batch.received = from_ms(1000); // Its time for feedback is over at once.
  for (int i = 0; i < 80; ++i) {
    const auto unit =
      "u" + std::to_string(users.experiment.value) + "." + std::to_string(i);
    const auto arm = analysis::assign_arm(unit, with.salt, with.shares);
    storage::event_view seen;
    seen.kind = event_kind::interaction;
    seen.id = unit;
    seen.subject = unit;
    seen.version =
      arm == 0 ? served->version : with.challengers.at(arm - 1).version;
    seen.arm = analysis::arm_name(arm);
    seen.propensity = with.shares.at(arm);
    batch.add(seen, static_cast<std::uint32_t>(batch.slots.size()));
    storage::event_view said;
    said.kind = event_kind::feedback;
    const auto id = "f" + unit;
    said.id = id;
    said.interaction_id = unit;
    said.channel = users.channel;
    said.value = arm == users.better;
    batch.add(said, static_cast<std::uint32_t>(batch.slots.size()));
  }
  script.append(std::move(batch));
}

} // namespace ratchet::test
