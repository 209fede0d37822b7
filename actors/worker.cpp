#include "actors/worker.hpp"

#include <caf/all.hpp>

#include <utility>

namespace ratchet::actors {

namespace {

using self_pointer = worker_actor::stateful_pointer<worker_state>;

void start(self_pointer self, run_job request) {
  self->state.pool->post(
    [job = std::move(request.job), worker = worker_actor{self}] {
      job();
      caf::anon_send(worker, idle_atom{});
    });
}

void start(self_pointer, caf::typed_response_promise<slot_granted> promise) {
  promise.deliver(slot_granted{});
}

void serve_queue(self_pointer self) {
  auto& st = self->state;
  while (st.free_slots > 0 && !st.queue.empty()) {
    --st.free_slots;
    auto next = std::move(st.queue.front());
    st.queue.pop_front();
    std::visit([&](auto& waiting) { start(self, std::move(waiting)); }, next);
  }
}

} // namespace

worker_actor::behavior_type worker(
  self_pointer self, std::shared_ptr<detail::thread_pool> pool,
  std::size_t slots) {
  self->state.pool = std::move(pool);
  self->state.free_slots = slots;
  return {
    [self](run_job& request) {
      self->state.queue.emplace_back(std::move(request));
      serve_queue(self);
    },
    [self](acquire_atom) -> caf::result<slot_granted> {
      auto promise = self->make_response_promise<slot_granted>();
      self->state.queue.emplace_back(promise);
      serve_queue(self);
      return promise;
    },
    [self](idle_atom) {
      ++self->state.free_slots;
      serve_queue(self);
    },
  };
}

} // namespace ratchet::actors
