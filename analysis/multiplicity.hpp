#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Many questions at once, or one after the other, without drowning in false
/// answers.
///
/// The functions over a list return the places of those that are rejected
/// (found, significant), the clearest first; equally clear ones in their order.

namespace ratchet::analysis {

/// Holm's step-down: with a probability of at most `alpha` any of the rejected
/// is wrong, whatever the dependence.
/// Source: Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
[[nodiscard]] std::vector<std::size_t>
holm(std::span<const double> p, double alpha);

/// Benjamini and Hochberg: of the rejected, a share of at most `q` is wrong on
/// average. For independent p values, and positively dependent ones.
/// Source: Benjamini, Hochberg (1995), JRSS B 57, 289-300.
[[nodiscard]] std::vector<std::size_t>
benjamini_hochberg(std::span<const double> p, double q);

/// The same for p values of any dependence: stricter by 1 + 1/2 + ... + 1/n.
/// Source: Benjamini, Yekutieli (2001), Annals of Statistics 29, 1165-1188.
[[nodiscard]] std::vector<std::size_t>
benjamini_yekutieli(std::span<const double> p, double q);

/// The same for e-values, given as logarithms, of any dependence: what slices
/// that overlap, or challengers that share a champion, need.
/// Source: Wang, Ramdas (2022), False discovery rate control with e-values,
///         JRSS B 84, 822-852.
[[nodiscard]] std::vector<std::size_t>
e_bh(std::span<const double> ln_e, double q);

/// How the error budget is spent over the questions to come.
enum class spending : std::uint8_t {
  quick = 1, ///< 6 / (pi t)^2: for the first few tens.
  slow = 2,  ///< Like 1 / (t ln^2 t): for hundreds.
};

/// The level of the `t`th test of an endless series (from 1) of which
/// `rejected` of the earlier ones were rejected: the challenger is promoted if
/// its ln E is ln(1/level) or more. Of all promotions ever, a share of at most
/// `alpha` is wrong on average, whatever the dependence and however long each
/// test went on.
/// Shape:  t >= 1, rejected < t, alpha in (0, 1).
/// Source: Xu, Ramdas (2024), Online multiple testing with e-values, AISTATS.
[[nodiscard]] double e_lond_level(
  double alpha, std::uint64_t t, std::uint64_t rejected,
  spending pace = spending::quick);

} // namespace ratchet::analysis
