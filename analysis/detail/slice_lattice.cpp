#include "analysis/detail/slice_lattice.hpp"

#include "analysis/detail/bit_count.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace ratchet::analysis::detail {

namespace {

/// Indexes of singles in order; the rest is `none`.
constexpr auto none = std::numeric_limits<std::uint32_t>::max();
using members = std::array<std::uint32_t, slice_lattice::max_predicates>;

/// A slice that was counted, or is to be: `rows`, `errors` and `max_error` are
/// then the least of its parents'.
struct node {
  members singles{none, none, none, none};
  std::uint64_t rows = 0;
  std::uint64_t errors = 0;
  std::uint32_t max_error = 0;
  double bound = 0;
};

constexpr auto by_singles = [](const node& a, const node& b) {
  return a.singles < b.singles;
};

/// Scores equal to 1e-12 are equal.
std::int64_t rounded(double score) {
  return std::llround(std::clamp(score, -9e6, 9e6) * 1e12);
}

bool better(const scored_slice& a, const scored_slice& b) {
  if (const auto x = rounded(a.score), y = rounded(b.score); x != y)
    return x > y;
  if (a.rows != b.rows)
    return a.rows > b.rows;
  if (a.predicates.size() != b.predicates.size())
    return a.predicates.size() < b.predicates.size();
  return a.predicates < b.predicates;
}

/// The best slices so far.
class best_slices {
public:
  explicit best_slices(std::size_t limit) : limit_(limit) {}

  /// Whether a slice of this score may still get in: ties are decided later.
  [[nodiscard]] bool admits(double score) const {
    return score > 0 &&
      (slices_.size() < limit_ || score >= slices_.back().score - 1e-12);
  }

  void offer(scored_slice s) {
    if (!admits(s.score))
      return;
    slices_.insert(
      std::upper_bound(slices_.begin(), slices_.end(), s, better), s);
    if (slices_.size() > limit_)
      slices_.pop_back();
  }

  [[nodiscard]] std::vector<scored_slice> take() { return std::move(slices_); }

private:
  std::size_t limit_;
  std::vector<scored_slice> slices_;
};

} // namespace

/// One search: the nodes of a level make those of the next.
class slice_level {
public:
  slice_level(
    const slice_lattice& lattice, const slice_objective& objective,
    std::size_t max_slices)
      : lattice_(lattice), objective_(objective), least_(lattice.min_rows_),
        best_(max_slices) {}

  slice_search run(std::size_t predicates) {
    begin();
    for (std::size_t level = 2; level <= predicates && alive_.size() > 1;
         ++level)
      evaluate(candidates(level), level);
    found_.slices = best_.take();
    return std::move(found_);
  }

private:
  void begin() {
    for (std::uint32_t i = 0; i < lattice_.singles_.size(); ++i) {
      node n;
      n.singles[0] = i;
      n.max_error = lattice_.max_error(lattice_.singles_[i].rows);
      take(n, 1, alive_);
    }
    prune();
  }

  /// Counts a node; what can still be a parent goes into `alive`.
  void take(node n, std::size_t level, std::vector<node>& alive) {
    const auto c = lattice_.count(std::span{n.singles}.first(level));
    ++found_.evaluated;
    if (c.rows < least_ || c.errors == 0)
      return;
    n.rows = c.rows;
    n.errors = c.errors;
    set_bound(n);
    alive.push_back(n);
    const auto value = objective_.value(
      static_cast<double>(c.rows), static_cast<double>(c.errors));
    if (best_.admits(value))
      best_.offer({predicates_of(n, level), value, c.rows, c.errors});
  }

  void set_bound(node& n) const {
    n.bound = objective_.bound(
      static_cast<double>(least_), static_cast<double>(n.rows),
      static_cast<double>(n.errors), n.max_error);
  }

  [[nodiscard]] slice predicates_of(const node& n, std::size_t level) const {
    slice s;
    for (const auto i : std::span{n.singles}.first(level))
      s.push_back(lattice_.singles_[i].predicate);
    return s;
  }

  /// Nothing inside of a slice beats the slice's own bound.
  void prune() {
    std::erase_if(
      alive_, [&](const node& n) { return !best_.admits(n.bound); });
  }

  /// Joins slices that share all but their last predicate.
  [[nodiscard]] std::vector<node> candidates(std::size_t level) const {
    std::vector<node> list;
    for (auto a = alive_.begin(); a != alive_.end(); ++a)
      for (auto b = a + 1; b != alive_.end() &&
           std::equal(a->singles.begin(), a->singles.begin() + level - 2,
                      b->singles.begin());
           ++b)
        if (auto joined = join(*a, *b, level); joined.rows > 0)
          list.push_back(joined);
    return list;
  }

  /// No rows if the two do not join, a parent is missing or the bound is low.
  [[nodiscard]] node
  join(const node& a, const node& b, std::size_t level) const {
    node joined;
    const auto last = b.singles[level - 2];
    if (column_of(a.singles[level - 2]) == column_of(last))
      return joined;
    joined.singles = a.singles;
    joined.singles[level - 1] = last;
    joined.rows = std::min(a.rows, b.rows);
    joined.errors = std::min(a.errors, b.errors);
    joined.max_error = std::min(a.max_error, b.max_error);
    for (std::size_t left_out = 0; left_out + 2 < level; ++left_out) {
      node parent;
      std::copy_n(joined.singles.begin(), left_out, parent.singles.begin());
      std::copy(
        joined.singles.begin() + left_out + 1, joined.singles.begin() + level,
        parent.singles.begin() + left_out);
      const auto found =
        std::lower_bound(alive_.begin(), alive_.end(), parent, by_singles);
      if (found == alive_.end() || found->singles != parent.singles)
        return {};
      joined.rows = std::min(joined.rows, found->rows);
      joined.errors = std::min(joined.errors, found->errors);
      joined.max_error = std::min(joined.max_error, found->max_error);
    }
    set_bound(joined);
    return best_.admits(joined.bound) ? joined : node{};
  }

  [[nodiscard]] std::uint32_t column_of(std::uint32_t single) const {
    return lattice_.singles_[single].predicate.column;
  }

  void evaluate(std::vector<node> list, std::size_t level) {
    std::sort(list.begin(), list.end(), [](const node& a, const node& b) {
      return a.bound != b.bound ? a.bound > b.bound : a.singles < b.singles;
    });
    alive_.clear();
    for (const auto& n : list) {
      if (!best_.admits(n.bound))
        break;
      take(n, level, alive_);
    }
    prune();
    std::sort(alive_.begin(), alive_.end(), by_singles);
  }

  const slice_lattice& lattice_;
  const slice_objective& objective_;
  std::uint64_t least_;
  best_slices best_;
  std::vector<node> alive_; ///< By their singles.
  slice_search found_;
};

slice_lattice::slice_lattice(const slice_table& table, std::uint64_t min_rows)
    : min_rows_(std::max<std::uint64_t>(min_rows, 1)),
      words_((table.rows() + 63) / 64),
      planes_(static_cast<std::size_t>(std::bit_width(table.error_unit))),
      error_bits_(words_ * planes_) {
  for (std::size_t i = 0; i < table.rows(); ++i)
    for (std::size_t p = 0; p < planes_; ++p)
      error_bits_[i / 64 * planes_ + p] |=
        static_cast<std::uint64_t>((table.errors[i] >> p) & 1U) << (i % 64);
  for (std::uint32_t c = 0; c < table.columns.size(); ++c)
    add_column(table.columns[c], c);
}

void slice_lattice::add_column(
  const slice_column& column, std::uint32_t number) {
  std::vector<std::uint64_t> rows(column.values.size());
  for (const auto code : column.codes)
    ++rows[code];
  std::vector<std::uint32_t> place(column.values.size(), none);
  for (std::uint32_t v = 0; v < rows.size(); ++v)
    if (rows[v] >= min_rows_) {
      place[v] = static_cast<std::uint32_t>(singles_.size());
      singles_.push_back({{number, v}, bitmap(words_)});
    }
  for (std::size_t i = 0; i < column.codes.size(); ++i)
    if (const auto at = place[column.codes[i]]; at != none)
      singles_[at].rows[i / 64] |= std::uint64_t{1} << (i % 64);
}

void slice_lattice::remove_rows(const slice& s) {
  bitmap gone(words_, ~std::uint64_t{0});
  for (const auto& p : s) {
    const auto found = std::lower_bound(
      singles_.begin(), singles_.end(), p,
      [](const single& a, const slice_predicate& b) {
        return a.predicate < b;
      });
    for (std::size_t w = 0; w < words_; ++w)
      gone[w] &= found->rows[w];
  }
  for (auto& one : singles_)
    for (std::size_t w = 0; w < words_; ++w)
      one.rows[w] &= ~gone[w];
}

slice_search slice_lattice::search(
  const slice_objective& objective, std::size_t predicates,
  std::size_t max_slices) const {
  return slice_level{*this, objective, max_slices}.run(predicates);
}

slice_lattice::counts
slice_lattice::count(std::span<const std::uint32_t> singles) const {
  std::array<const std::uint64_t*, max_predicates> sets{};
  for (std::size_t i = 0; i < singles.size(); ++i)
    sets[i] = singles_[singles[i]].rows.data();
  const auto c = count_bits(
    std::span{sets}.first(singles.size()), words_, error_bits_.data(), planes_);
  return {c.set, c.weighted};
}

std::uint32_t slice_lattice::max_error(const bitmap& rows) const {
  std::uint32_t most = 0;
  bitmap with_most = rows;
  for (std::size_t p = planes_; p-- > 0;) {
    bitmap next(words_);
    std::uint64_t any = 0;
    for (std::size_t w = 0; w < words_; ++w) {
      next[w] = with_most[w] & error_bits_[w * planes_ + p];
      any |= next[w];
    }
    if (any == 0)
      continue;
    most |= std::uint32_t{1} << p;
    with_most = std::move(next);
  }
  return most;
}

} // namespace ratchet::analysis::detail
