#include "analysis/near_duplicates.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace ratchet::analysis;

namespace {

const std::string complaint =
  "The answer about my refund was wrong again: it said three days, but the "
  "terms say that refunds to a credit card take up to ten working days, and "
  "when I asked about the second payment it repeated the same sentence without "
  "looking at the date of the order or at the message I had sent before, so I "
  "had to call the hotline and wait for half an hour until a person told me "
  "what I wanted to know in the first place.";

unsigned distance(const std::string& a, const std::string& b) {
  return fingerprint_distance(text_fingerprint(a), text_fingerprint(b));
}

} // namespace

TEST_CASE("small changes move few bits, other texts many") {
  CHECK(distance("Great answer, thanks!", "great  answer thanks") == 0);
  auto changed = complaint;
  changed.replace(changed.find("half an hour"), 4, "nearly an");
  CHECK(
    distance(complaint, changed + " Really.") <= near_duplicate_distance + 3);
  CHECK(distance(complaint, complaint + " Sigh.") <= near_duplicate_distance);
  CHECK(distance(complaint, "It works, and it is quick, well done") > 12);
  CHECK(distance("red", "blue") > 12);
  CHECK(text_fingerprint("") == 0);
  CHECK(text_fingerprint("...") == 0);
  // Fingerprints are stored: the function never changes.
  CHECK(text_fingerprint("Great answer") == text_fingerprint("GREAT ANSWER"));
}

TEST_CASE("a rater's day has each text once, up to the cap") {
  text_filter filter{2};
  const auto judge = [&](const char* rater, int day, const std::string& text) {
    return filter.judge(rater, day, text);
  };
  CHECK(judge("ann", 1, complaint) == text_verdict::counts);
  CHECK(judge("ann", 1, complaint + "!") == text_verdict::near_duplicate);
  CHECK(judge("bob", 1, complaint) == text_verdict::counts);
  CHECK(judge("ann", 2, complaint) == text_verdict::counts);
  CHECK(judge("ann", 1, "quick and right") == text_verdict::counts);
  CHECK(judge("ann", 1, "slow and wrong today") == text_verdict::over_cap);
  CHECK(judge("ann", 1, complaint) == text_verdict::near_duplicate);
  filter.forget_before(2);
  CHECK(judge("ann", 2, complaint) == text_verdict::near_duplicate);
  CHECK(judge("ann", 1, complaint) == text_verdict::counts);
}

TEST_CASE("the cap is a hundredth of the slice") {
  CHECK(daily_cap_for(0) == 1);
  CHECK(daily_cap_for(199) == 1);
  CHECK(daily_cap_for(5'000) == 50);
}
