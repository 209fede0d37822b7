#pragma once

#include "api/context.hpp"

#include <string>

namespace ratchet::api {

/// All counters of the node in Prometheus' text format 0.0.4. Names start
/// with `ratchet_` and are in base units; labels never hold ids. Blocks on
/// the disk: it reads the loops' states.
[[nodiscard]] std::string prometheus_text(const api_context& context);

} // namespace ratchet::api
