#pragma once

#include "storage/detail/byte_archive.hpp"
#include "workflows/areas.hpp"

#include <cereal/types/chrono.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>

/// Of workflow_fields.hpp: what is stored of improvement areas.

namespace ratchet::storage::detail {

template <class Archive>
void serialize(Archive& archive, workflows::area_options& x) {
  archive(
    x.metric, x.by, x.every, x.look_back, x.min_volume, x.min_gap,
    x.false_discovery_rate, x.most, x.max_predicates, x.examples, x.max_rows,
    x.one_per_subject);
}
template <class Archive>
void serialize(Archive& archive, workflows::area_demand& x) {
  archive(x.impact, x.rows);
}
template <class Archive>
void serialize(Archive& archive, workflows::area_test& x) {
  archive(
    x.attribute, in_range{x.kind, workflows::area_test_kind::range}, x.text,
    x.low, x.high);
}
template <class Archive>
void serialize(Archive& archive, workflows::area_estimate& x) {
  archive(x.value, x.low, x.high);
}
template <class Archive>
void serialize(Archive& archive, workflows::found_area& x) {
  archive(
    x.tests, x.rows, x.tested, x.volume, x.error, x.rest_error, x.gap, x.impact,
    x.error_low, x.ln_e, x.examples);
}
template <class Archive>
void serialize(Archive& archive, workflows::area_look& x) {
  archive(
    x.metric, x.version, x.as_of, x.to, x.rows, x.share, x.searched, x.tested,
    x.error, x.bound, x.false_discovery_rate, x.candidates, x.nominated,
    x.areas, x.digest);
}
template <class Archive>
void serialize(Archive& archive, workflows::areas_looked& x) {
  archive(x.look, x.sentence, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::area_mark& x) {
  archive(x.event, x.version, x.as_of, x.digest);
}
template <class Archive>
void serialize(Archive& archive, workflows::area_brief& x) {
  archive(x.text, x.volume, x.error, x.rest_error, x.impact, x.rows);
}
template <class Archive>
void serialize(Archive& archive, workflows::area_reading& x) {
  archive(x.event, x.version, x.as_of, x.rows, x.candidates, x.areas);
}

} // namespace ratchet::storage::detail
