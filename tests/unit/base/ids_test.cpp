#include "base/ids.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;

TEST_CASE("an attempt id tells apart what its parts tell apart", "[base]") {
  CHECK(
    make_attempt_id("digits", iteration_number{7}, "train", 2) ==
    "digits.7.train.2");
  // Stages may begin with digits and hold what separates.
  CHECK(
    make_attempt_id("a", iteration_number{1}, "2-b", 1) !=
    make_attempt_id("a-1", iteration_number{2}, "b", 1));
  CHECK(
    make_attempt_id("a", iteration_number{1}, "2.b", 1) !=
    make_attempt_id("a", iteration_number{12}, "b", 1));
}
