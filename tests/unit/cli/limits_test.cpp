#include "cli/limits.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using ratchet::cli::read_limits;

TEST_CASE("limits are read by label", "[cli][limits]") {
  using limits = std::map<std::string, std::uint32_t>;
  CHECK(*read_limits("") == limits{});
  CHECK(*read_limits("gpu=1") == limits{{"gpu", 1}});
  CHECK(
    *read_limits(" big gpu = 2 ,cpu=4096") ==
    limits{{"big gpu", 2}, {"cpu", 4096}});
}

TEST_CASE("a limit that cannot be meant is refused", "[cli][limits]") {
  const auto* const text = GENERATE(
    "gpu", "=1", "gpu=", "gpu=0", "gpu=4097", "gpu=x", "gpu=1,,cpu=1",
    "gpu=1,gpu=2", "gpu=1 2", ",");
  CAPTURE(text);
  const auto read = read_limits(text);
  REQUIRE_FALSE(read);
  CHECK(read.err().message.find("give ") != std::string::npos);
}
