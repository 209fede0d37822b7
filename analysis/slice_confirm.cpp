#include "analysis/slice_confirm.hpp"

#include "analysis/detail/portable_log.hpp"
#include "analysis/detail/special.hpp"
#include "analysis/multiplicity.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>

namespace ratchet::analysis {

namespace {

constexpr std::size_t bets = 8;

/// How many rows of a slice have which error.
using histogram = std::map<std::uint32_t, std::uint64_t>;

histogram errors_in(const slice_table& table, const slice& s) {
  histogram counts;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const auto holds = [&](const slice_predicate& p) {
      return table.columns[p.column].codes[i] == p.value;
    };
    if (std::all_of(s.begin(), s.end(), holds))
      ++counts[table.errors[i]];
  }
  return counts;
}

double ln_e_of(const histogram& counts, double unit, double bound) {
  std::array<double, bets> wealth{};
  auto bet = 0.9 / bound;
  for (auto& w : wealth) {
    for (const auto& [e, n] : counts)
      w += static_cast<double>(n) *
        detail::portable_log(1 + bet * (e / unit - bound));
    bet /= 2;
  }
  const auto most = *std::max_element(wealth.begin(), wealth.end());
  double sum = 0;
  for (const auto w : wealth)
    sum += std::exp(w - most);
  return most + std::log(sum / bets);
}

/// The largest bound that is rejected at 1 in 20. The evidence falls as the
/// bound rises, because each bet's factor does.
double lower_bound_of(const histogram& counts, double unit, double mean) {
  constexpr double smallest = 1e-9;
  const auto above = [&](double bound) {
    return ln_e_of(counts, unit, bound) - std::log(20);
  };
  if (mean <= smallest || above(smallest) <= 0)
    return 0;
  // At the mean itself no bet has gained.
  return above(mean) >= 0 ? mean : detail::find_root(above, smallest, mean);
}

slice_confirmation
test(const slice_table& table, const slice& s, double bound) {
  slice_confirmation c;
  const double unit = table.error_unit;
  double errors = 0;
  const auto counts = errors_in(table, s);
  for (const auto& [e, n] : counts) {
    c.rows += n;
    errors += static_cast<double>(n) * e;
  }
  if (c.rows == 0)
    return c;
  c.error = errors / static_cast<double>(c.rows) / unit;
  c.ln_e = ln_e_of(counts, unit, bound);
  c.error_low = lower_bound_of(counts, unit, *c.error);
  return c;
}

} // namespace

result<std::vector<slice_confirmation>> confirm_slices(
  const slice_table& held_out, const std::vector<slice>& slices, double bound,
  double q) {
  if (auto ok = check(held_out); !ok)
    return ok.err();
  if (!(bound > 0 && bound < 1) || !(q > 0 && q < 1))
    return error{
      errc::invalid_argument,
      "slices cannot be confirmed against an error of " +
        std::to_string(bound) + " with a false share of " + std::to_string(q) +
        ": both must be inside (0, 1)"};
  std::vector<slice_confirmation> list;
  std::vector<double> evidence;
  for (const auto& s : slices) {
    list.push_back(test(held_out, s, bound));
    evidence.push_back(list.back().ln_e);
  }
  for (const auto i : e_bh(evidence, q))
    list[i].confirmed = true;
  return list;
}

} // namespace ratchet::analysis
