#include "analysis/metric_key.hpp"

namespace ratchet::analysis {

namespace {

using detail::hash_text;
using detail::mixed;

metric_place with(
  metric_place place, slice_scope scope, std::string_view attribute,
  std::string_view value) {
  place.scope = scope;
  place.attribute = attribute;
  place.value = value;
  place.hash = mixed(place.hash, static_cast<std::uint64_t>(scope));
  place.hash = hash_text(hash_text(place.hash, attribute), value);
  return place;
}

} // namespace

metric_place place_of(const metric_key& key) {
  const places_of_metric places{key.metric, key.version};
  switch (key.scope) {
  case slice_scope::overall:
    return places.overall();
  case slice_scope::slice:
    return places.slice(key.attribute, key.value);
  case slice_scope::other:
    break;
  }
  return places.other(key.attribute);
}

metric_key key_of(const metric_place& place) {
  return {
    std::string{place.metric}, place.version, place.scope,
    std::string{place.attribute}, std::string{place.value}};
}

places_of_metric::places_of_metric(
  std::string_view metric, version_number version)
    : common_{metric, version, slice_scope::overall,
              {},     {},      mixed(hash_text(0, metric), version.value)} {}

metric_place places_of_metric::overall() const {
  return with(common_, slice_scope::overall, {}, {});
}

metric_place places_of_metric::slice(
  std::string_view attribute, std::string_view value) const {
  return with(common_, slice_scope::slice, attribute, value);
}

metric_place places_of_metric::other(std::string_view attribute) const {
  return with(common_, slice_scope::other, attribute, {});
}

} // namespace ratchet::analysis
