#pragma once

#include "effects.hpp"
#include "ratchet/stage.hpp"

#include <string>
#include <vector>

/// What the stages of scenario "everything" do. Iteration n is its turn n.

namespace ratchet::test {

/// Effects by which the script and its stages know of each other.
inline const std::string training_released = "everything training released";
inline const std::string data_mended = "everything data mended";
inline const std::string tuning_began = "everything tuning began";

/// Records the turn, and lists items.
[[nodiscard]] stage_function plans(const effects& world);
/// Each item waits in its middle; one fails at first, and another for good.
[[nodiscard]] stage_function prepares(const effects& world);
/// Models of different worth; until they are released none is done.
[[nodiscard]] stage_function trains(const effects& world);
/// The champion has 4 of 20 samples right.
[[nodiscard]] stage_function evaluates();
/// In steps: sleeps, waits for a signal, fails once.
[[nodiscard]] stage_function labels(const effects& world);
/// Gives no sign of life, then takes too long, then is done.
[[nodiscard]] stage_function is_slow(const effects& world);
/// Fails for good in turn 2 until the data is mended.
[[nodiscard]] stage_function works(const effects& world);
/// The argv of a command that ends well only when it is asked to.
[[nodiscard]] std::vector<std::string> tuning(const effects& world);
/// What came last is undone first, or an effect tells.
[[nodiscard]] stage_function undoes_announce(const effects& world);
[[nodiscard]] stage_function undoes_publish(const effects& world);

} // namespace ratchet::test
