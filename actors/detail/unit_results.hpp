#pragma once

#include "base/result.hpp"
#include "workflows/iteration.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// What the units of a stage came to, as the stages after it get to see it.

namespace ratchet::actors {

struct unit_result {
  std::string item;
  workflows::stage_status status = workflows::stage_status::pending;
  std::uint32_t attempt = 0;
  workflows::stage_result output;
  std::string failure; ///< failed: why.
};

/// By index. Shared by the orders of all attempts that come after: with many
/// units on both sides a copy each would be the square of them.
struct unit_results {
  std::vector<unit_result> units;
  std::map<std::string, std::uint32_t> index_of; ///< By item.
};

} // namespace ratchet::actors

namespace ratchet::actors::detail {

/// Of a stage that has come to its end.
[[nodiscard]] std::shared_ptr<const unit_results>
results_of(const workflows::fan_out& units);

/// The account of all of them: `items.json`, one object for each unit.
[[nodiscard]] std::string items_json(const unit_results& results);

} // namespace ratchet::actors::detail
