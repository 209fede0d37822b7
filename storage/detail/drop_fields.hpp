#pragma once

#include "storage/detail/byte_archive.hpp"
#include "workflows/loop_state.hpp"

#include <cereal/types/chrono.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>

/// Of workflow_fields.hpp: what is stored of drops and their alarms.

namespace ratchet::storage::detail {

template <class Archive>
void serialize(Archive& archive, workflows::drop_rule& x) {
  archive(x.limit, x.rising, x.days, x.warn_days, x.observations);
}
template <class Archive>
void serialize(Archive& archive, workflows::drop_reading& x) {
  archive(
    in_range{x.level, workflows::drop_level::alarm}, x.version, x.record,
    x.evidence, x.threshold, x.observations, x.mean, x.recent, x.recent_mean,
    x.since, x.at, x.low, x.high);
}
template <class Archive>
void serialize(Archive& archive, workflows::drop_raised& x) {
  archive(x.condition, x.metric, x.rule, x.reading, x.sentence, x.cursor, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::probation_alarm& x) {
  archive(x.condition, x.metric, x.rule, x.reading, x.cursor, x.since, x.until);
}
template <class Archive>
void serialize(Archive& archive, workflows::alarm_acknowledged& x) {
  archive(x.alarm, x.condition, x.who, x.reason, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::alarm_mark& x) {
  archive(
    x.event, x.condition, in_range{x.level, workflows::drop_level::alarm},
    x.record, x.closed);
}

} // namespace ratchet::storage::detail
