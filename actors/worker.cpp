#include "actors/worker.hpp"

#include <caf/all.hpp>

#include <utility>

namespace ratchet::actors {

worker_actor::behavior_type worker(
  worker_actor::stateful_pointer<worker_state> self,
  std::shared_ptr<detail::thread_pool> pool) {
  self->state.pool = std::move(pool);
  return {
    [self](run_job& request) {
      self->state.pool->post(std::move(request.job));
    },
  };
}

} // namespace ratchet::actors
