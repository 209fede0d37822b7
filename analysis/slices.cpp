#include "analysis/slices.hpp"

#include "analysis/detail/slice_lattice.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ratchet::analysis {

namespace {

struct totals {
  std::uint64_t rows = 0;
  std::uint64_t errors = 0;
  std::uint64_t squares = 0; ///< Of the errors.
  std::uint32_t max_error = 0;

  void add(std::uint32_t e) {
    ++rows;
    errors += e;
    squares += static_cast<std::uint64_t>(e) * e;
    max_error = std::max(max_error, e);
  }
};

double mean_error(const totals& t) {
  return static_cast<double>(t.errors) / static_cast<double>(t.rows);
}

double variance(const totals& t) {
  // Whole numbers up to here: no two nearly equal doubles are subtracted but
  // where the spread is as good as none.
  const auto m = mean_error(t);
  return std::max(
    0.0, static_cast<double>(t.squares) / static_cast<double>(t.rows) - m * m);
}

totals totals_of(const slice_table& table) {
  totals all;
  for (const auto e : table.errors)
    all.add(e);
  return all;
}

/// Where the value is linear in the rows from `least` to errors / max_error
/// and, after a bend there, on to `rows`, it is largest at one of the three.
template <class Value>
double largest_of(
  double least, double rows, double errors, double max_error, Value value) {
  const auto at = [&](double size) {
    return value(size, std::min(size * max_error, errors));
  };
  const auto bend = std::clamp(errors / max_error, least, rows);
  return std::max({at(least), at(bend), at(rows)});
}

/// SliceLine's score.
class score_objective final : public detail::slice_objective {
public:
  score_objective(const totals& all, double alpha)
      : rows_(static_cast<double>(all.rows)), mean_(mean_error(all)),
        alpha_(alpha) {}

  [[nodiscard]] double value(double rows, double errors) const override {
    return alpha_ * (errors / rows / mean_ - 1) -
      (1 - alpha_) * (rows_ / rows - 1);
  }
  // Linear in 1 / rows, which is monotone: the three places are the same.
  [[nodiscard]] double bound(
    double least, double rows, double errors, double max_error) const override {
    return largest_of(
      least, rows, errors, max_error,
      [this](double r, double e) { return value(r, e); });
  }

private:
  double rows_;
  double mean_;
  double alpha_;
};

/// Errors beyond those of as many rows at the mean.
class excess_objective final : public detail::slice_objective {
public:
  excess_objective(const totals& all, std::uint32_t unit)
      : mean_(mean_error(all)), unit_(unit) {}

  [[nodiscard]] double value(double rows, double errors) const override {
    return (errors - mean_ * rows) / unit_;
  }
  [[nodiscard]] double bound(
    double least, double rows, double errors, double max_error) const override {
    return largest_of(
      least, rows, errors, max_error,
      [this](double r, double e) { return value(r, e); });
  }

private:
  double mean_;
  double unit_;
};

std::uint64_t least_rows(std::uint64_t asked, std::size_t rows) {
  return asked != 0 ? asked : std::max<std::uint64_t>(32, (rows + 99) / 100);
}

result<void> check_predicates(std::size_t predicates) {
  if (predicates >= 1 && predicates <= detail::slice_lattice::max_predicates)
    return {};
  return error{
    errc::invalid_argument,
    "slices of up to " + std::to_string(predicates) +
      " predicates cannot be searched: give 1 to 4"};
}

} // namespace

result<slice_search>
find_slices(const slice_table& table, const slice_rule& rule) {
  if (auto ok = check(table); !ok)
    return ok.err();
  if (auto ok = check_predicates(rule.max_predicates); !ok)
    return ok.err();
  if (!(rule.alpha > 0 && rule.alpha <= 1))
    return error{
      errc::invalid_argument,
      "an alpha of " + std::to_string(rule.alpha) +
        " is not above 0 and at most 1"};
  const auto all = totals_of(table);
  if (all.errors == 0 || rule.max_slices == 0)
    return slice_search{};
  return detail::slice_lattice{table, least_rows(rule.min_rows, table.rows())}
    .search(
      score_objective{all, rule.alpha}, rule.max_predicates, rule.max_slices);
}

slice_profile profile(const slice_table& table, const slice& s) {
  totals inside;
  totals rest;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const auto holds = [&](const slice_predicate& p) {
      return table.columns[p.column].codes[i] == p.value;
    };
    (std::all_of(s.begin(), s.end(), holds) ? inside : rest)
      .add(table.errors[i]);
  }
  RATCHET_ASSERT(inside.rows > 0);
  const double unit = table.error_unit;
  const auto rows = static_cast<double>(inside.rows);
  const auto all = static_cast<double>(table.rows());
  const auto errors = static_cast<double>(inside.errors);
  slice_profile p{
    .rows = inside.rows,
    .share = rows / all,
    .error = mean_error(inside) / unit,
    .max_error = inside.max_error / unit,
    .excess =
      (errors - rows * static_cast<double>(inside.errors + rest.errors) / all) /
      unit};
  if (rest.rows == 0)
    return p;
  p.rest_error = mean_error(rest) / unit;
  const auto spread = variance(inside) + variance(rest);
  if (spread > 0)
    p.effect_size = std::sqrt(2.0) * (mean_error(inside) - mean_error(rest)) /
      std::sqrt(spread);
  return p;
}

result<std::vector<improvement_area>> improvement_areas(
  const slice_table& table, const area_rule& rule, std::uint64_t* evaluated) {
  if (auto ok = check(table); !ok)
    return ok.err();
  if (auto ok = check_predicates(rule.max_predicates); !ok)
    return ok.err();
  const excess_objective excess{totals_of(table), table.error_unit};
  detail::slice_lattice lattice{table, least_rows(rule.min_rows, table.rows())};
  std::vector<improvement_area> areas;
  while (areas.size() < rule.max_areas) {
    const auto search = lattice.search(excess, rule.max_predicates, 1);
    if (evaluated != nullptr && areas.empty())
      *evaluated = search.evaluated;
    if (search.slices.empty())
      break;
    const auto& best = search.slices.front();
    areas.push_back(
      {best.predicates, best.rows, best.score,
       profile(table, best.predicates)});
    lattice.remove_rows(best.predicates);
  }
  return areas;
}

} // namespace ratchet::analysis
