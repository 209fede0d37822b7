#pragma once

#include "workflows/definition.hpp"

#include <string>

namespace ratchet::workflows::detail {

/// All of a definition as one text, from which it could be read back: each
/// field as `<bytes>:<text>`, each list led by its size, in the order of
/// declaration; but `keep`, which decides nothing about an iteration. So no two
/// definitions share a text that run differently, and the same definition has
/// the same one everywhere. The first field names this layout.
///
/// Stored fingerprints depend on every byte of it. A new member of a
/// definition that is left at its default must add nothing, or iterations
/// that run during an upgrade lose their definition.
[[nodiscard]] std::string canonical_text(const loop_definition& definition);

} // namespace ratchet::workflows::detail
