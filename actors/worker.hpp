#pragma once

#include "actors/detail/thread_pool.hpp"
#include "actors/interfaces.hpp"

#include <caf/stateful_actor.hpp>

#include <memory>

namespace ratchet::actors {

struct worker_state {
  static inline const char* name = "worker";

  std::shared_ptr<detail::thread_pool> pool;
};

/// Runs jobs on `pool`, as many at once as that has threads, first come, first
/// served. `pool` is stopped by the node, after the actors. A job that throws
/// is a bug.
worker_actor::behavior_type worker(
  worker_actor::stateful_pointer<worker_state> self,
  std::shared_ptr<detail::thread_pool> pool);

} // namespace ratchet::actors
