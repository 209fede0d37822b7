#include "actors/detail/operator_command.hpp"

#include "base/assert.hpp"

namespace ratchet::actors::detail {

workflows::iteration_command
iteration_command_of(const operator_request& request) {
  switch (request.verb) {
  case operator_verb::cancel:
    return workflows::cancel_iteration{request.who, request.reason};
  case operator_verb::retry:
    return workflows::retry_stage{request.stage, request.who, request.reason};
  case operator_verb::skip:
    return workflows::skip_stage{request.stage, request.who, request.reason};
  case operator_verb::approve:
    return workflows::approve_stage{request.stage, request.who, request.reason};
  case operator_verb::reject:
    return workflows::reject_stage{request.stage, request.who, request.reason};
  case operator_verb::signal:
    return workflows::send_signal{
      request.signal.name, request.signal.id, request.who,
      request.signal.payload};
  case operator_verb::record_step:
    return workflows::record_step{
      request.stage, request.step.attempt, request.step.name,
      request.step.value};
  case operator_verb::pause_iteration:
    return workflows::pause_iteration{
      request.who, request.reason, request.at_once};
  case operator_verb::resume_iteration:
    return workflows::resume_iteration{request.who, request.reason};
  case operator_verb::label:
    return workflows::label_iteration{
      request.labels, request.removed_labels, request.who, request.reason};
  case operator_verb::trigger:
  case operator_verb::pause:
  case operator_verb::resume:
  case operator_verb::promote:
  case operator_verb::rollback:
  case operator_verb::add_version:
  case operator_verb::webhook:
  case operator_verb::archive:
  case operator_verb::acknowledge:
    break; // The loop's own.
  }
  RATCHET_ASSERT(false);
  return workflows::begin_iteration{};
}

} // namespace ratchet::actors::detail
