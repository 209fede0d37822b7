#pragma once

#include "ratchet/condition.hpp"
#include "workflows/fan_out_options.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// What a stage runs for, as a loop's author writes it:
///
///   .stage("train", command("python3 train.py"))
///   .for_each(slices("language").parallel(4).at_least(0.8))
///
/// The items are fixed when the stage's turn comes. Each is run by attempts of
/// its own, with the stage's timeout, retries, label and slot; it is told its
/// item by $RATCHET_ITEM and $RATCHET_ITEM_INDEX, or `stage_context::item`.
/// When all are done, the stage is: it records the values `items`, `succeeded`,
/// `failed` and `skipped`, and the stages after it find what item 3 made in
/// directory `3` of its outputs, and an account of all in `items.json`.
/// No items: the stage succeeds.
///
/// Items are texts of 1 to 256 bytes without control bytes, each there once, at
/// most 10,000 of them; a list that is known only at run time and breaks this
/// fails the stage.

namespace ratchet {

class item_set {
public:
  explicit item_set(workflows::fan_out_options options)
      : options_(std::move(options)) {}

  /// At most so many items at once (1,000 at most, and without a call), besides
  /// the limits of slots. One that waits for its next try keeps its place.
  item_set& parallel(std::uint32_t items);
  /// An item that failed for good is left out, and the stage goes on. Without
  /// this or `at_least` it fails the stage: no further item starts, and those
  /// that run are let finish.
  item_set& skip_failed();
  /// The stage fails if fewer items than this succeed, or as soon as that is
  /// certain; others that fail are left out.
  item_set& at_least(int items);
  /// The same for a share of the items that no operator skipped: 0.8 for four
  /// of five.
  item_set& at_least(double share);

  [[nodiscard]] const workflows::fan_out_options& options() const {
    return options_;
  }

private:
  workflows::fan_out_options options_;
};

/// A list that is known now.
[[nodiscard]] item_set items(std::vector<std::string> list);
/// The values of an attribute of `slice_by` that the loop's metrics know when
/// the stage starts, in their order. Those beyond the 256 that a metric tells
/// apart are not among them.
[[nodiscard]] item_set slices(std::string attribute);
/// The loop's newest versions, the newest first, as their numbers.
[[nodiscard]] item_set newest_versions(std::uint32_t count);
/// A list that an earlier stage records as a value: a JSON array of strings,
/// `["de", "fr"]`.
[[nodiscard]] item_set listed_in(output_value value);
/// The same in a file that it makes: for lists that are long.
[[nodiscard]] item_set listed_in_file(std::string stage, std::string file);
/// The items of an earlier stage that runs for each, without those that failed
/// or were skipped. Each finds as input of that stage what its own item made
/// there, not that of all.
[[nodiscard]] item_set each_of(std::string stage);

} // namespace ratchet
