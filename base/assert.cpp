#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace ratchet::detail {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(
    stderr, "ratchet: bug: assertion `%s` failed at %s:%d\n", expression, file,
    line);
  std::abort();
}

} // namespace ratchet::detail
