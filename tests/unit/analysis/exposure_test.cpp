#include "analysis/exposure.hpp"

#include <catch2/catch.hpp>

#include <memory>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace std::chrono_literals;

namespace {

const std::vector<version_number> arms{version_number{3}, version_number{4}};
const std::vector<share_move> moves{
  {from_ms(1'000), 0, {0.9, 0.1}}, {from_ms(2'000), 50, {0.5, 0.5}}};

stored_event interaction(
  std::uint64_t version, std::string arm, double propensity,
  std::int64_t received = 3'000) {
  stored_event e{sequence{1}, from_ms(received), {}};
  e.content.id = "i-1";
  e.content.version = version_number{version};
  e.content.arm = std::move(arm);
  e.content.propensity = propensity;
  return e;
}

exposure_finding find(const stored_event& e) {
  return exposure_of(e, arms, moves);
}

event_ptr feedback(
  std::uint64_t place, feedback_value value, std::int64_t received = 3'500,
  std::string channel = "stars") {
  stored_event e{sequence{place}, from_ms(received), {}};
  e.content.kind = event_kind::feedback;
  e.content.channel = std::move(channel);
  e.content.value = std::move(value);
  return std::make_shared<const stored_event>(std::move(e));
}

const metric_reading stars{"liking", "stars", true, 1, 5, {}};

} // namespace

TEST_CASE("an exposure has the shares that were logged", "[exposure]") {
  const auto [version, arm, propensity, shares] =
    GENERATE(table<std::uint64_t, std::string, double, std::vector<double>>(
      {{3, "champion", 0.9, {0.9, 0.1}},
       {4, "challenger", 0.1, {0.9, 0.1}},
       {3, "champion", 0.5, {0.5, 0.5}},
       {4, "challenger", 0.5, {0.5, 0.5}},
       // Nine digits are enough.
       {4, "challenger", 0.0999999999, {0.9, 0.1}}}));
  const auto found = find(interaction(version, arm, propensity));
  CHECK(found.kind == exposure_kind::exposed);
  CHECK(found.what == exposure{version == 3 ? 0U : 1U, shares});
}

TEST_CASE("what no arm served is no exposure", "[exposure]") {
  CHECK(find(interaction(2, "champion", 0.5)).kind == exposure_kind::none);
  CHECK(find(interaction(0, "", 0)).kind == exposure_kind::none);
  // The champion outside of the experiment.
  CHECK(find(interaction(3, "", 0)).kind == exposure_kind::none);
  CHECK(find(interaction(3, "champion", 1)).kind == exposure_kind::none);
  auto said = interaction(4, "challenger", 0.5);
  said.content.kind = event_kind::feedback;
  CHECK(find(said).kind == exposure_kind::none);
}

TEST_CASE("an exposure without its propensity is found as such", "[exposure]") {
  const auto found = GENERATE(
    find(interaction(4, "", 0)), find(interaction(4, "", 0.5)),
    find(interaction(4, "challenger", 0)), find(interaction(3, "champion", 0)));
  CHECK(found.kind == exposure_kind::exposed);
  CHECK(found.what.shares.empty());
}

TEST_CASE("a propensity that never was is not believed", "[exposure]") {
  const auto found = GENERATE(
    find(interaction(4, "challenger", 0.3)),
    find(interaction(3, "champion", 0.7)),
    find(interaction(3, "challenger", 0.5)),
    find(interaction(4, "champion", 0.5)));
  CHECK(found.kind == exposure_kind::unknown);
}

TEST_CASE(
  "of moves with one propensity the last before the interaction counts",
  "[exposure]") {
  const std::vector<version_number> three{
    version_number{3}, version_number{4}, version_number{5}};
  const std::vector<share_move> same{
    {from_ms(1'000), 0, {0.5, 0.3, 0.2}}, {from_ms(2'000), 0, {0.5, 0.2, 0.3}}};
  const auto shares = [&](std::int64_t received) {
    return exposure_of(interaction(3, "champion", 0.5, received), three, same)
      .what.shares;
  };
  CHECK(shares(1'500) == same[0].shares);
  CHECK(shares(2'500) == same[1].shares);
  CHECK(shares(500) == same[0].shares);
}

TEST_CASE("an outcome is the mean of what was said in time", "[exposure]") {
  const auto served = interaction(4, "challenger", 0.5, 3'000);
  const auto outcome =
    [&](const metric_reading& reading, const std::vector<event_ptr>& said) {
      return outcome_of(reading, served, said, 1s);
    };
  // By hand: (5 - 1) / 4 = 1 and (2 - 1) / 4 = 0.25.
  CHECK(outcome(stars, {feedback(2, 5.0)}) == 1);
  CHECK(outcome(stars, {feedback(2, 5.0), feedback(3, 2.0)}) == 0.625);
  CHECK(outcome(stars, {feedback(3, 2.0), feedback(2, 5.0)}) == 0.625);
  auto lower = stars;
  lower.higher_is_better = false;
  CHECK(outcome(lower, {feedback(2, 2.0)}) == 0.75);
  // At the horizon is in time, behind it is not; before its interaction, too.
  CHECK(outcome(stars, {feedback(2, 5.0, 4'000)}) == 1);
  CHECK_FALSE(outcome(stars, {feedback(2, 5.0, 4'001)}));
  CHECK(outcome(stars, {feedback(2, 5.0, 2'000)}) == 1);
  CHECK_FALSE(outcome(stars, {feedback(2, 5.0, 3'500, "other")}));
  const metric_reading thumbs{"ok", "thumb", true, 0, 1, 0.5};
  CHECK(outcome(thumbs, {feedback(2, true, 3'500, "thumb")}) == 1);
  CHECK(outcome(thumbs, {feedback(2, false, 3'500, "thumb")}) == 0);
  CHECK(outcome(thumbs, {}) == 0.5);
}
