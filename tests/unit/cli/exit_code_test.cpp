#include "cli/exit_code.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using cli::exit_code;
using cli::exit_code_of;

TEST_CASE("exit codes are what docs/cli.md says", "[cli]") {
  const auto number = [](errc code) {
    return static_cast<int>(exit_code_of(code));
  };
  CHECK(number(errc::io_error) == 1);
  CHECK(number(errc::corruption) == 1);
  CHECK(number(errc::resource_limit) == 1);
  CHECK(number(errc::invalid_argument) == 2);
  CHECK(number(errc::not_found) == 3);
  CHECK(number(errc::unauthorized) == 4);
  CHECK(number(errc::unavailable) == 5);
  CHECK(number(errc::not_leader) == 5);
  CHECK(number(errc::failed_condition) == 6);
  CHECK(number(errc::conflict) == 7);
  CHECK(number(errc::already_exists) == 7);
  CHECK(number(errc::timed_out) == 124);
  CHECK(number(errc::canceled) == 130);
}
