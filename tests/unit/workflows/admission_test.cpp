#include "workflows/admission.hpp"

#include "workflows/iteration.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace ratchet::workflows;

namespace {

constexpr version_number v(std::uint64_t n) {
  return version_number{n};
}
constexpr sequence at(std::uint64_t n) {
  return sequence{n};
}

/// Data (100, 200], of versions 3 and 2; closed in (120, 140]; the iterations
/// before ended their data at 50 and at 100.
admission_terms terms(late_policy late) {
  admission_terms t;
  t.data_from = at(100);
  t.versions = {{v(3), v(2)}};
  t.closed = {{at(20), at(30)}, {at(120), at(140)}};
  t.used_to = {at(0), at(50), at(100)};
  t.late = late;
  return t;
}

} // namespace

TEST_CASE("each verdict is taken and refused at its bounds", "[admission]") {
  struct row {
    feedback_sample sample; // Feedback, interaction, version.
    admission verdict;
  };
  const auto r = GENERATE(
    row{{at(101), at(101), v(3)}, admission::admitted},
    row{{at(120), at(110), v(3)}, admission::admitted},
    row{{at(121), at(110), v(3)}, admission::window_closed},
    row{{at(140), at(110), v(3)}, admission::window_closed},
    row{{at(141), at(110), v(3)}, admission::admitted},
    // An interaction of the closed time, and its feedback after that.
    row{{at(141), at(130), v(3)}, admission::admitted},
    // It joined when its interaction came.
    row{{at(110), at(130), v(3)}, admission::window_closed},
    row{{at(130), at(150), v(3)}, admission::admitted},
    row{{at(150), at(145), v(2)}, admission::admitted},
    row{{at(150), at(145), v(1)}, admission::stale},
    row{{at(150), at(145), v(4)}, admission::stale},
    row{{at(150), at(145), v(0)}, admission::stale},
    row{{at(150), at(100), v(3)}, admission::late},
    row{{at(150), at(101), v(3)}, admission::admitted},
    // Of several reasons the first.
    row{{at(130), at(90), v(1)}, admission::window_closed},
    row{{at(150), at(90), v(1)}, admission::stale},
    // Of the whole history: as it was for the iterations before.
    row{{at(25), at(10), v(3)}, admission::window_closed},
    row{{at(45), at(40), v(3)}, admission::admitted},
    row{{at(60), at(50), v(3)}, admission::late},
    row{{at(60), at(51), v(3)}, admission::admitted});
  CAPTURE(
    r.sample.feedback.value, r.sample.interaction.value,
    r.sample.version.value);
  CHECK(judge(terms(late_policy::drop), r.sample) == r.verdict);
  const auto kept = judge(terms(late_policy::into_next_dataset), r.sample);
  CHECK(
    kept == (r.verdict == admission::late ? admission::admitted : r.verdict));
}

TEST_CASE("terms that name no version admit any", "[admission]") {
  admission_terms open;
  CHECK(judge(open, {at(2), at(1), v(0)}) == admission::admitted);
  CHECK(judge(open, {at(2), at(1), v(99)}) == admission::admitted);
  open.versions.emplace();
  CHECK(judge(open, {at(2), at(1), v(0)}) == admission::stale);
}

TEST_CASE("every sample is counted under one name", "[admission]") {
  const auto t = terms(late_policy::into_next_dataset);
  admission_counts counts;
  const auto take = [&](const feedback_sample& sample) {
    count(counts, t, sample, judge(t, sample));
  };
  take({at(150), at(145), v(3)});
  take({at(151), at(145), v(2)});
  take({at(152), at(90), v(2)}); // Carried over.
  take({at(45), at(40), v(3)});  // For the whole history: once more.
  take({at(60), at(50), v(3)});  // The same, and no longer late.
  take({at(130), at(110), v(3)});
  take({at(153), at(145), v(1)});
  CHECK(
    counts.admitted ==
    std::map<version_number, std::uint64_t>{{v(2), 2}, {v(3), 3}});
  CHECK(counts.carried_over == 1);
  CHECK(counts.repeated == 2);
  CHECK(counts.window_closed == 1);
  CHECK(counts.stale == std::map<version_number, std::uint64_t>{{v(1), 1}});
  CHECK(counts.late == 0);
  const auto values = values_of(counts);
  CHECK(values.at("admitted") == "5");
  CHECK(values.at("admitted_v3") == "3");
  CHECK(values.at("dropped_stale") == "1");
  CHECK(values.at("dropped_stale_v1") == "1");
  CHECK(values.at("dropped_closed") == "1");
  CHECK(values.at("carried_over") == "1");
  CHECK(values.at("repeated") == "2");
}

TEST_CASE("of many versions the newest have values", "[admission]") {
  admission_counts counts;
  for (std::uint64_t n = 1; n <= counted_versions + 5; ++n)
    counts.admitted[v(n)] = n;
  const auto values = values_of(counts);
  CHECK_FALSE(values.contains("admitted_v5"));
  CHECK(values.at("admitted_v6") == "6");
  CHECK(values.at("admitted") == std::to_string(total(counts.admitted)));
}

TEST_CASE("terms of the whole history remember all starts", "[admission]") {
  iteration_started first;
  first.number = iteration_number{1};
  first.admits.closed = {{at(1), at(3)}};
  iteration_started second;
  second.number = iteration_number{2};
  second.data_from = at(10);
  second.admits.closed = {{at(12), at(15)}};
  iteration_started third;
  third.number = iteration_number{3};
  third.data_from = at(20);
  third.admits.versions = {{v(1)}};
  third.admits.closed = {{at(14), at(22)}, {at(30), at(30)}};
  // The page may hold it, and later ones, too.
  const std::vector all{third, second, first};
  const auto t = terms_of(third, late_policy::drop, all);
  CHECK(t.data_from == at(20));
  CHECK(t.versions == third.admits.versions);
  CHECK(
    t.closed == std::vector<sequence_range>{{at(1), at(3)}, {at(12), at(22)}});
  CHECK(t.used_to == std::vector{at(0), at(10), at(20)});
  CHECK(terms_of(second, late_policy::drop).used_to == std::vector{at(10)});
  CHECK(
    terms_of(second, late_policy::drop, all).used_to ==
    std::vector{at(0), at(10)});
}
