#include "workflows/audit.hpp"

namespace ratchet::workflows {

std::string_view to_string(audit_outcome outcome) {
  switch (outcome) {
  case audit_outcome::accepted:
    return "accepted";
  case audit_outcome::unchanged:
    return "unchanged";
  case audit_outcome::refused:
    return "refused";
  }
  return "unknown";
}

} // namespace ratchet::workflows
