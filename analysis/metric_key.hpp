#pragma once

#include "analysis/detail/short_text.hpp"
#include "base/ids.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace ratchet::analysis {

/// Which traffic a cell counts. On disk: never renumber.
enum class slice_scope : std::uint8_t {
  overall = 1, ///< All of it.
  slice = 2,   ///< Where an attribute has one value.
  other = 3,   ///< Where it has a value beyond the bound on values.
};

/// Names one cell; the order is the order of every listing.
struct metric_key {
  std::string metric;
  version_number version;
  slice_scope scope = slice_scope::overall;
  std::string attribute; ///< slice, other
  std::string value;     ///< slice

  friend auto operator<=>(const metric_key&, const metric_key&) = default;
};

/// A key whose texts are somebody else's, with its hash: what cells are looked
/// up by, without a copy. The hash is this process's affair: it stands on no
/// disk, and no result depends on it.
struct metric_place {
  std::string_view metric;
  version_number version;
  slice_scope scope = slice_scope::overall;
  std::string_view attribute;
  std::string_view value;
  std::uint64_t hash = 0;
};

[[nodiscard]] inline bool
operator==(const metric_key& key, const metric_place& place) {
  // What differs most comes first.
  return detail::same_text(key.value, place.value) &&
    detail::same_text(key.metric, place.metric) &&
    detail::same_text(key.attribute, place.attribute) &&
    key.version == place.version && key.scope == place.scope;
}

/// `key` and all of it, which must outlive the place.
[[nodiscard]] metric_place place_of(const metric_key& key);

[[nodiscard]] metric_key key_of(const metric_place& place);

/// Places of one metric and version: what they have in common is hashed once.
class places_of_metric {
public:
  places_of_metric(std::string_view metric, version_number version);

  [[nodiscard]] metric_place overall() const;
  [[nodiscard]] metric_place
  slice(std::string_view attribute, std::string_view value) const;
  [[nodiscard]] metric_place other(std::string_view attribute) const;

private:
  metric_place common_;
};

} // namespace ratchet::analysis
