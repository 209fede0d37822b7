#pragma once

#include "actors/detail/thread_pool.hpp"
#include "actors/interfaces.hpp"

#include <caf/stateful_actor.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <variant>

namespace ratchet::actors {

struct worker_state {
  static inline const char* name = "worker";

  /// Who waits for a slot, in order.
  using waiting =
    std::variant<run_job, caf::typed_response_promise<slot_granted>>;

  std::shared_ptr<detail::thread_pool> pool;
  std::size_t free_slots = 0;
  std::deque<waiting> queue;
};

/// Gives out a fixed number of slots, first come, first served: to jobs, which
/// it runs on `pool`, and to commands, which run in processes of their own.
///
/// `pool` has at least `slots` threads and is stopped by the node, after the
/// actors. A job that never returns keeps its slot; one that throws is a bug.
worker_actor::behavior_type worker(
  worker_actor::stateful_pointer<worker_state> self,
  std::shared_ptr<detail::thread_pool> pool, std::size_t slots);

} // namespace ratchet::actors
