#pragma once

#include "actors/detail/attempt.hpp"
#include "actors/stage.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <utility>

/// What the parts of a stage's actor share: how an attempt is told of, and
/// what it is timed with. Runs in the stage.

namespace ratchet::actors::detail {

using stage_pointer = stage_actor::stateful_pointer<stage_run_state>;

/// Tokens of the alarms.
inline constexpr std::uint64_t deadline_token = 1;
inline constexpr std::uint64_t grace_token = 2;
inline constexpr std::uint64_t start_token = 3;

[[nodiscard]] attempt_site site_of(const stage_run_state& st);

/// Each of these ends the actor.
void tell_failure(stage_pointer self, workflows::attempt_failure failure);
void tell_success(stage_pointer self, attempt_report& report);
void tell_suspension(stage_pointer self, suspension wish);
/// The job is done: tells how, unless nobody waits for the answer any more.
void conclude(stage_pointer self, attempt_report& report);

void arm(stage_pointer self, std::uint64_t token, duration wait);
/// From its real start on it must not be silent for too long.
void listen(stage_pointer self);

/// `job` makes the report of its attempt's site, on a reader's thread.
template <class Job>
void run_on_reader(stage_pointer self, Job job) {
  self->send(
    self->state.peers.readers,
    run_job{[job = std::move(job), site = site_of(self->state),
             me = stage_actor{self}] { caf::anon_send(me, job(site)); }});
}

} // namespace ratchet::actors::detail
