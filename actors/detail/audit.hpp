#pragma once

#include "actors/client.hpp"
#include "base/result.hpp"
#include "workflows/audit.hpp"

#include <string_view>

namespace ratchet::actors::detail {

/// As on the command line: "pause", also of an iteration.
[[nodiscard]] std::string_view name_of(operator_verb verb);

/// Whether it is an operator's deed, which goes into the audit log. A webhook's
/// call and an attempt's step are not: their records are in the journals.
[[nodiscard]] bool is_audited(operator_verb verb);

/// The entry of a request that was stamped.
[[nodiscard]] workflows::audit_entry
audit_of(const operator_request& request, workflows::audit_outcome outcome);
[[nodiscard]] workflows::audit_entry
audit_of(const operator_request& request, const error& refusal);

} // namespace ratchet::actors::detail
