#include "cli/event_batches.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace ratchet::cli;

TEST_CASE("a file is cut into bodies by events and by bytes", "[cli]") {
  std::istringstream file{"{1}\n\n  \r\n{2}\n{3}\n{4444444}\n{5}"};
  event_batches batches{file, 2, 8};
  const auto first = batches.next();
  CHECK(first->lines == "{1}\n{2}\n");
  CHECK(first->line_numbers == std::vector<std::uint64_t>{1, 4});
  const auto second = batches.next();
  CHECK(second->lines == "{3}\n{4444444}\n");
  const auto third = batches.next();
  CHECK(third->lines == "{5}\n");
  CHECK(third->line_numbers == std::vector<std::uint64_t>{7});
  CHECK(batches.next()->line_numbers.empty());
}
