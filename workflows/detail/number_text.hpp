#pragma once

#include <string>

namespace ratchet::workflows::detail {

/// The shortest text that reads back as the number.
[[nodiscard]] std::string number_text(double value);

} // namespace ratchet::workflows::detail
