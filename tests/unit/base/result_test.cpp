#include "base/result.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <set>

using namespace ratchet;

TEST_CASE("a result is its value or its error, never both", "[base]") {
  result<int> good = 7;
  CHECK(good.ok());
  CHECK(*good == 7);
  const result<int> bad = error{errc::conflict, "taken"};
  CHECK_FALSE(bad);
  CHECK(bad.err() == error{errc::conflict, "taken"});

  result<std::unique_ptr<int>> owner = std::make_unique<int>(3);
  const auto taken = *std::move(owner);
  CHECK(*taken == 3);

  CHECK(result<void>{});
  const result<void> failed = error{errc::io_error, "disk"};
  CHECK(failed.err().message == "disk");
}

TEST_CASE("every error code has a name of its own", "[base]") {
  std::set<std::string_view> names;
  for (std::uint8_t code = 1; code <= 13; ++code)
    names.insert(to_string(static_cast<errc>(code)));
  CHECK(names.size() == 13);
  CHECK_FALSE(names.contains("unknown"));
}
