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

TEST_CASE("an attempt's id can be taken apart", "[ids]") {
  const auto there_and_back = [](const attempt_name& name) {
    return read_attempt_id(
      make_attempt_id(name.loop, name.iteration, name.stage, name.attempt));
  };
  for (const auto& name :
       {attempt_name{"digits", iteration_number{7}, "train", 2},
        attempt_name{"a", iteration_number{1}, "v1.2 of x", 10}})
    CHECK(there_and_back(name) == name);
  for (const auto* text :
       {"", "digits", "digits.7", "digits.7.train", "digits.x.train.1",
        "digits.7.train.x", "digits.7.train.0", "digits.0.train.1",
        ".7.train.1", "digits.7..1", "digits.7.train.-1",
        "digits.7.train.99999999999"})
    CHECK_FALSE(read_attempt_id(text).has_value());
}
