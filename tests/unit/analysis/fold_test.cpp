#include "analysis/fold.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace ratchet::analysis;

namespace {

stored_event
piece(std::uint64_t seq, std::string channel, feedback_value value) {
  stored_event e;
  e.seq = sequence{seq};
  e.content.kind = event_kind::feedback;
  e.content.id = "f" + std::to_string(seq);
  e.content.channel = std::move(channel);
  e.content.value = std::move(value);
  return e;
}

} // namespace

TEST_CASE("the last piece by place in the history is the channel's word") {
  const std::vector pieces{
    piece(9, "correction", std::string{"7"}), piece(2, "verdict", false),
    piece(4, "correction", std::string{"1"})};
  const auto folded = fold_last(pieces, "correction");
  REQUIRE(folded);
  CHECK(folded->value == feedback_value{std::string{"7"}});
  CHECK(folded->decided_at == sequence{9});
  CHECK(folded->feedback_ids == std::vector<std::string>{"f4", "f9"});
}

TEST_CASE("without a piece of the channel there is no word") {
  const std::vector pieces{piece(2, "verdict", false)};
  CHECK_FALSE(fold_last(pieces, "correction"));
  CHECK_FALSE(fold_last({}, "correction"));
}
