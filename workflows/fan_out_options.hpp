#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ratchet::workflows {

/// Where the items of a stage come from. On disk: never renumber.
enum class item_source : std::uint8_t {
  list = 1,     ///< `items`, as declared.
  slices = 2,   ///< The values of attribute `name` that the metrics know.
  versions = 3, ///< The newest `count` versions of the loop, the newest first.
  output = 4,   ///< Value `name` of stage `stage`: a JSON array of strings.
  file = 5,     ///< File `name` of stage `stage`: the same.
  units = 6,    ///< The items of stage `stage` that succeeded.
};

[[nodiscard]] std::string_view to_string(item_source source);

/// What an item that failed for good means. On disk: never renumber.
enum class item_policy : std::uint8_t {
  fail = 1,      ///< The stage fails.
  skip = 2,      ///< The stage goes on without it.
  threshold = 3, ///< The stage fails if too few can still succeed.
};

[[nodiscard]] std::string_view to_string(item_policy policy);

/// `.for_each`: what a stage runs for.
struct fan_out_options {
  item_source source = item_source::list;
  std::vector<std::string> items;
  std::string stage;
  std::string name;
  std::uint32_t count = 0;
  std::uint32_t parallel = 0; ///< Units at once; 0: `most_parallel`.
  item_policy policy = item_policy::fail;
  /// threshold: so many must succeed, and this share of those not skipped.
  std::uint32_t least_items = 0;
  double least_share = 0;
};

/// As a person would say it: "each value of writer", "each of 3 items".
[[nodiscard]] std::string to_text(const fan_out_options& options);

} // namespace ratchet::workflows
