#include "actors/detail/audit.hpp"

#include <string>

namespace ratchet::actors::detail {

std::string_view name_of(operator_verb verb) {
  switch (verb) {
  case operator_verb::trigger:
    return "trigger";
  case operator_verb::pause:
  case operator_verb::pause_iteration:
    return "pause";
  case operator_verb::resume:
  case operator_verb::resume_iteration:
    return "resume";
  case operator_verb::cancel:
    return "cancel";
  case operator_verb::retry:
    return "retry";
  case operator_verb::skip:
    return "skip";
  case operator_verb::approve:
    return "approve";
  case operator_verb::reject:
    return "reject";
  case operator_verb::signal:
    return "signal";
  case operator_verb::record_step:
    return "record_step";
  case operator_verb::promote:
    return "promote";
  case operator_verb::rollback:
    return "rollback";
  case operator_verb::add_version:
    return "add_version";
  case operator_verb::webhook:
    return "webhook";
  case operator_verb::label:
    return "label";
  case operator_verb::archive:
    return "archive";
  case operator_verb::acknowledge:
    return "acknowledge";
  }
  return "unknown";
}

bool is_audited(operator_verb verb) {
  return verb != operator_verb::webhook && verb != operator_verb::record_step;
}

workflows::audit_entry
audit_of(const operator_request& request, workflows::audit_outcome outcome) {
  workflows::audit_entry entry;
  entry.stamp = request.audit;
  entry.verb = std::string{name_of(request.verb)};
  entry.iteration = request.iteration;
  entry.stage = request.stage;
  entry.version = request.version;
  entry.who = request.who;
  entry.reason = request.reason;
  entry.outcome = outcome;
  if (request.verb == operator_verb::acknowledge)
    entry.detail = "alarm " + std::to_string(request.alarm);
  return entry;
}

workflows::audit_entry
audit_of(const operator_request& request, const error& refusal) {
  auto entry = audit_of(request, workflows::audit_outcome::refused);
  entry.detail = refusal.message;
  return entry;
}

} // namespace ratchet::actors::detail
