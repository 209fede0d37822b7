#pragma once

#include "base/event.hpp"

#include <string>

namespace ratchet::formats {

/// Appends an event as the API gives it back: the fields it was sent with
/// (docs/formats/events.md), on one line, and its place:
///
///   {"sequence":7,"received":"2026-08-22T10:15:31.000Z","kind":"feedback",...}
///
/// Shape: fields that were not given are left out. `input`, `output` and
///        `metadata` are the JSON that was sent, line breaks made blanks. A
///        category is its label, as a string, also if it came as an integer.
void append_event_json(
  const stored_event& e, const std::string& loop, std::string& out);

} // namespace ratchet::formats
