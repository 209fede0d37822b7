#include "ratchet/loop.hpp"

namespace ratchet {

namespace {

workflows::stage_definition make(
  std::string name, workflows::stage_kind kind, workflows::wait_options wait) {
  workflows::stage_definition stage;
  stage.name = std::move(name);
  stage.kind = kind;
  stage.wait = std::move(wait);
  return stage;
}

} // namespace

loop& loop::approval(std::string name, approval_limits limits) {
  return add(make(
    std::move(name), workflows::stage_kind::approval,
    {{}, limits.within, limits.on_timeout}));
}

loop& loop::wait_for_signal(std::string name, signal_limits limits) {
  auto signal = limits.signal.empty() ? name : std::move(limits.signal);
  return add(make(
    std::move(name), workflows::stage_kind::wait_signal,
    {std::move(signal), limits.within, limits.on_timeout}));
}

loop& loop::sleep(std::string name, duration time) {
  workflows::wait_options wait;
  wait.within = time;
  return add(
    make(std::move(name), workflows::stage_kind::sleep, std::move(wait)));
}

} // namespace ratchet
