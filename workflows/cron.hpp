#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <bitset>
#include <string>
#include <string_view>

namespace ratchet::workflows {

/// A parsed cron expression: which minutes of the local calendar it names.
///
///   minute  hour  day of month  month         weekday
///   0-59    0-23  1-31          1-12 or JAN.. 0-7 or SUN.. (0 and 7: Sunday)
///
/// Each field is `*` or a list of values, ranges (`1-5`) and steps (`*/15`,
/// `8-18/2`). Where both day of month and weekday are restricted, a day that
/// matches either counts, as cron has it. `@hourly`, `@daily`, `@weekly`,
/// `@monthly` and `@yearly` stand for what they say, at minute and hour 0.
struct cron_schedule {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;    ///< From 1.
  std::bitset<13> months;  ///< From 1.
  std::bitset<7> weekdays; ///< From Sunday.
  bool every_day = true;   ///< Day of month was `*`.
  bool every_weekday = true;
};

/// Errors: `invalid_argument` naming the field and what it takes.
[[nodiscard]] result<cron_schedule> parse_cron(std::string_view expression);

/// The first moment after `after` that `schedule` names in `zone`, an IANA
/// name such as "Europe/Berlin" or "UTC".
///
/// Daylight saving: a local time that is skipped comes at the end of the gap,
/// once for all that fall into it; one that occurs twice counts the first time
/// only.
///
/// The rules of zones are the system's (tzdata), read once per process. What a
/// trigger decided is recorded, so that other rules later change what is yet
/// to come and nothing that was.
/// Errors: `invalid_argument` if there is no such zone, or if no day in the
///   next ten years matches (February 30).
/// Threads: any. Cost: some microseconds.
[[nodiscard]] result<time_point> next_time(
  const cron_schedule& schedule, const std::string& zone, time_point after);

} // namespace ratchet::workflows
