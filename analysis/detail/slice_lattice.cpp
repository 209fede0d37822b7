#include "analysis/detail/slice_lattice.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

namespace ratchet::analysis::detail {

namespace {

/// Indexes of singles in order; the rest is `none`.
constexpr auto none = std::numeric_limits<std::uint32_t>::max();
using members = std::array<std::uint32_t, slice_lattice::max_predicates>;

/// What a processor's own cache is sure to hold, of bitmaps all together.
constexpr std::size_t cache_bytes = std::size_t{1} << 20U;
/// 2 KiB of each bitmap: of some hundred of them no more than that.
constexpr std::size_t blocks_at_a_time = 32;
constexpr std::size_t most_at_a_time = 1'024;

std::size_t blocks_of(std::size_t rows) {
  return (rows + bit_block::rows - 1) / bit_block::rows;
}

void set_bit(std::span<bit_block> bits, std::size_t row) {
  bits[row / bit_block::rows].words[row % bit_block::rows / 64] |=
    std::uint64_t{1} << (row % 64);
}

template <class Operation>
void combine(bit_block& a, const bit_block& b, Operation operation) {
  for (std::size_t w = 0; w < a.words.size(); ++w)
    a.words[w] = operation(a.words[w], b.words[w]);
}

/// Where each row is in the bitmaps: those with an error first, otherwise in
/// the table's order.
std::vector<std::size_t>
row_order(const std::vector<std::uint32_t>& errors, std::size_t with_error) {
  std::vector<std::size_t> order;
  order.reserve(errors.size());
  std::size_t wrong = 0;
  std::size_t right = with_error;
  for (const auto error : errors)
    order.push_back(error != 0 ? wrong++ : right++);
  return order;
}

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
    std::vector<node> list(lattice_.singles_.size());
    for (std::uint32_t i = 0; i < list.size(); ++i) {
      list[i].singles[0] = i;
      list[i].max_error = lattice_.max_error(lattice_.singles_[i].rows);
    }
    take_all(list, 1);
    prune();
  }

  /// Counts slices; what can still be a parent is alive.
  void take_all(std::span<node> list, std::size_t level) {
    std::vector<members> slices;
    for (const auto& n : list)
      slices.push_back(n.singles);
    const auto counted = lattice_.count(slices, level);
    for (std::size_t i = 0; i < list.size(); ++i)
      take(list[i], counted[i], level);
  }

  void take(node& n, const slice_lattice::counts& c, std::size_t level) {
    ++found_.evaluated;
    if (c.rows < least_ || c.errors == 0)
      return;
    n.rows = c.rows;
    n.errors = c.errors;
    set_bound(n);
    alive_.push_back(n);
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
    // Of most, two parents show enough; the others have to be looked for.
    set_bound(joined);
    if (!best_.admits(joined.bound))
      return {};
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
    // Few at first, until it is known what the best are like.
    std::size_t most = 1;
    for (auto rest = std::span{list}; !rest.empty();) {
      const auto next = rest.first(std::min(most, rest.size()));
      const auto last =
        std::find_if_not(next.begin(), next.end(), [&](const node& n) {
          return best_.admits(n.bound);
        });
      const auto batch =
        next.first(static_cast<std::size_t>(last - next.begin()));
      if (batch.empty())
        break;
      // Those that begin alike one after the other: their bits are at hand.
      std::sort(batch.begin(), batch.end(), by_singles);
      take_all(batch, level);
      rest = rest.subspan(batch.size());
      most = std::min(2 * most, lattice_.batch());
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
      blocks_(blocks_of(table.rows())),
      rows_with_error_(
        table.rows() -
        static_cast<std::size_t>(
          std::count(table.errors.begin(), table.errors.end(), 0U))),
      planes_(static_cast<std::size_t>(std::bit_width(table.error_unit))),
      plane_blocks_(blocks_of(rows_with_error_)),
      error_bits_(plane_blocks_ * planes_) {
  const auto order = row_order(table.errors, rows_with_error_);
  add_errors(table.errors, order);
  for (std::uint32_t c = 0; c < table.columns.size(); ++c)
    add_column(table.columns[c], c, order);
}

void slice_lattice::add_errors(
  std::span<const std::uint32_t> errors, std::span<const std::size_t> order) {
  for (std::size_t i = 0; i < errors.size(); ++i)
    for (std::size_t p = 0; errors[i] != 0 && p < planes_; ++p)
      if ((errors[i] >> p & 1U) != 0)
        set_bit(std::span{error_bits_}.subspan(p * plane_blocks_), order[i]);
}

void slice_lattice::add_column(
  const slice_column& column, std::uint32_t number,
  std::span<const std::size_t> order) {
  std::vector<std::uint64_t> rows(column.values.size());
  for (const auto code : column.codes)
    ++rows[code];
  std::vector<std::uint32_t> place(column.values.size(), none);
  for (std::uint32_t v = 0; v < rows.size(); ++v)
    if (rows[v] >= min_rows_) {
      place[v] = static_cast<std::uint32_t>(singles_.size());
      singles_.push_back({{number, v}, bitmap(blocks_)});
    }
  for (std::size_t i = 0; i < column.codes.size(); ++i)
    if (const auto at = place[column.codes[i]]; at != none)
      set_bit(singles_[at].rows, order[i]);
}

void slice_lattice::remove_rows(const slice& s) {
  bitmap gone;
  for (const auto& p : s) {
    const auto found = std::lower_bound(
      singles_.begin(), singles_.end(), p,
      [](const single& a, const slice_predicate& b) {
        return a.predicate < b;
      });
    if (gone.empty())
      gone = found->rows;
    else
      for (std::size_t b = 0; b < blocks_; ++b)
        combine(gone[b], found->rows[b], std::bit_and{});
  }
  for (auto& one : singles_)
    for (std::size_t b = 0; b < blocks_; ++b)
      combine(one.rows[b], gone[b], [](auto x, auto y) { return x & ~y; });
}

slice_search slice_lattice::search(
  const slice_objective& objective, std::size_t predicates,
  std::size_t max_slices) const {
  return slice_level{*this, objective, max_slices}.run(predicates);
}

std::size_t slice_lattice::batch() const {
  const auto bytes = singles_.size() * blocks_ * sizeof(bit_block);
  return bytes <= cache_bytes ? 1 : most_at_a_time;
}

std::vector<slice_lattice::counts>
slice_lattice::count(std::span<const members> slices, std::size_t level) const {
  const auto counter = bit_counters().front();
  std::vector<counts> all(slices.size());
  const auto step = slices.size() == 1 ? blocks_ : blocks_at_a_time;
  for (std::size_t start = 0; start < blocks_; start += step) {
    const auto size = std::min(step, blocks_ - start);
    const auto planes = planes_from(start, size);
    for (std::size_t i = 0; i < slices.size(); ++i) {
      std::array<const bit_block*, max_predicates> sets{};
      for (std::size_t s = 0; s < level; ++s)
        sets[s] = singles_[slices[i][s]].rows.data() + start;
      const auto c = counter(std::span{sets}.first(level), size, planes);
      all[i].rows += c.set;
      all[i].errors += c.weighted;
    }
  }
  return all;
}

bit_planes
slice_lattice::planes_from(std::size_t start, std::size_t size) const {
  if (start >= plane_blocks_)
    return {};
  return {
    error_bits_.data() + start, plane_blocks_, planes_,
    std::min(size, plane_blocks_ - start)};
}

std::uint32_t slice_lattice::max_error(const bitmap& rows) const {
  std::uint32_t most = 0;
  const auto with_error = std::span{rows}.first(plane_blocks_);
  bitmap with_most(with_error.begin(), with_error.end());
  for (std::size_t p = planes_; p-- > 0;) {
    auto next = with_most;
    std::uint64_t any = 0;
    for (std::size_t b = 0; b < plane_blocks_; ++b) {
      combine(next[b], error_bits_[p * plane_blocks_ + b], std::bit_and{});
      for (const auto word : next[b].words)
        any |= word;
    }
    if (any == 0)
      continue;
    most |= std::uint32_t{1} << p;
    with_most = std::move(next);
  }
  return most;
}

} // namespace ratchet::analysis::detail
