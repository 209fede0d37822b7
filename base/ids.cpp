#include "base/ids.hpp"

namespace ratchet {

std::string make_attempt_id(
  const std::string& loop, iteration_number iteration, const std::string& stage,
  std::uint32_t attempt) {
  return loop + "." + std::to_string(iteration.value) + "." + stage + "." +
    std::to_string(attempt);
}

} // namespace ratchet
