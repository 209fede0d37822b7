#pragma once

#include "formats/json_writer.hpp"
#include "workflows/areas.hpp"

/// Improvement areas as JSON: in answers of the API and in dataset.json.

namespace ratchet::formats {

/// One object: what was looked at, and each area with its numbers, each of them
/// with its interval.
void write_area_look(json_writer& to, const workflows::area_look& look);

} // namespace ratchet::formats
