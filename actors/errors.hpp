#pragma once

#include "base/result.hpp"

#include <caf/error.hpp>

/// The border between our errors and CAF's: inside actors errors travel as
/// `caf::error` of the category "ratchet", outside as `ratchet::error`.

namespace ratchet::actors {

[[nodiscard]] caf::error to_caf(const error& e);

/// An error that CAF made itself (a time-out, a receiver that is gone) becomes
/// `unavailable` or `timed_out`: whether the request was carried out is then
/// not known.
[[nodiscard]] error from_caf(const caf::error& e);

} // namespace ratchet::actors
