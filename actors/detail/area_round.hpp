#pragma once

#include "actors/hosted.hpp"
#include "analysis/area_look.hpp"
#include "analysis/exposure.hpp"
#include "base/result.hpp"
#include "storage/history.hpp"
#include "workflows/areas.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Looks for improvement areas: from the history to what is recorded. Any
/// thread that may block, one at a time.

namespace ratchet::actors::detail {

/// What a look is of. With the history up to `to` this says all: the same look
/// can be made again at any time, as long as retention has left what it saw.
struct look_order {
  workflows::area_options options;
  version_number version;
  time_point as_of; ///< Feedback is waited for until then.
  sequence to;
};

/// One look, which reads the history piece by piece.
class area_gathering {
public:
  /// `definition` declares the metric, and outlives this.
  area_gathering(
    const services& node, loop_number loop,
    const workflows::loop_definition& definition, look_order order);

  /// Reads a bounded piece; false: there is no more.
  /// Errors: those of the history.
  [[nodiscard]] result<bool> step();
  /// Looks at what was read.
  /// Errors: as of `analysis::look_for_areas`.
  [[nodiscard]] result<workflows::area_look> finish();

private:
  [[nodiscard]] result<void> open();
  [[nodiscard]] result<void>
  take(const std::vector<stored_event>& interactions);
  [[nodiscard]] bool counts(const stored_event& event) const;

  const services& node_;
  loop_number loop_;
  const workflows::loop_definition& definition_;
  look_order order_;
  std::vector<std::string> attributes_;
  std::string salt_;
  analysis::metric_reading reading_;
  analysis::area_sample sample_;
  std::optional<storage::history_hold> hold_;
  sequence cursor_;
};

/// The whole of it, at once.
/// Errors: also `canceled`, if `canceled` says so.
[[nodiscard]] result<workflows::area_look> make_look(
  const services& node, loop_number loop,
  const workflows::loop_definition& definition, const look_order& order,
  const std::function<bool()>& canceled);

/// All looks of a loop that are due.
class area_round {
public:
  /// `looked` tells what was looked at besides what the loop's state knows.
  area_round(
    const services& node, std::shared_ptr<const hosted_loop> loop,
    std::map<std::string, time_point> looked, time_point now);

  /// Makes a bounded step; false: all looks are made.
  /// Errors: those of the store and of the history.
  [[nodiscard]] result<bool> step();

  [[nodiscard]] const std::vector<workflows::area_look>& looks() const {
    return looks_;
  }
  /// When there is something to look at again.
  [[nodiscard]] time_point next() const { return next_; }

private:
  [[nodiscard]] result<void> plan();

  const services& node_;
  std::shared_ptr<const hosted_loop> loop_;
  std::map<std::string, time_point> looked_;
  time_point now_;
  bool planned_ = false;
  std::deque<look_order> orders_;
  std::optional<area_gathering> at_;
  std::vector<workflows::area_look> looks_;
  time_point next_;
};

} // namespace ratchet::actors::detail
