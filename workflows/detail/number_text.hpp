#pragma once

#include <string>

namespace ratchet::workflows::detail {

/// The shortest text that reads back as the number.
[[nodiscard]] std::string number_text(double value);
/// For people: four digits that count.
[[nodiscard]] std::string rounded(double value);

} // namespace ratchet::workflows::detail
