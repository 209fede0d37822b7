#pragma once

#include "api/context.hpp"
#include "api/message.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/loop_journal.hpp"
#include "workflows/definition.hpp"

#include <memory>
#include <string>

namespace ratchet::api {

/// A loop that can be read of: one that is hosted here, or one that the store
/// has and nobody hosts any more.
struct known_loop {
  std::string name;
  loop_number number;
  bool hosted = true;
  /// What it is hosted with, or was last. Never null.
  const workflows::loop_definition* definition = nullptr;
  std::shared_ptr<const workflows::loop_definition> stored; ///< Keeps it.
};

/// The loop that the path names first. Blocks on the disk.
/// Errors: `not_found`, with the names there are; those of the journal.
[[nodiscard]] result<known_loop>
known_loop_of(const api_context& context, const request& request);
[[nodiscard]] result<known_loop>
known_loop_of(const api_context& context, const std::string& name);

} // namespace ratchet::api
