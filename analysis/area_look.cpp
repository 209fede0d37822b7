#include "analysis/area_look.hpp"

#include "analysis/hash.hpp"
#include "analysis/mixture.hpp"
#include "analysis/slice_confirm.hpp"
#include "analysis/slices.hpp"
#include "base/bytes.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <set>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace ratchet::analysis {

namespace {

constexpr std::size_t most_bins = 10;
/// Of errors that are no yes or no.
constexpr std::uint32_t fine_unit = 1'000;
/// An area shows three means, which hold together.
constexpr double alpha = 0.05 / 3;
constexpr std::uint64_t fewest_rows = 32;

/// An attribute as a column, and what each of its values stands for.
struct feature {
  slice_column column;
  std::vector<value_test> tests;
};

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(value))
    return std::nullopt;
  return value;
}

/// The numbers of an attribute that is made of such; none otherwise.
std::optional<std::vector<std::optional<double>>>
numbers_of(const std::vector<std::string>& values) {
  std::vector<std::optional<double>> numbers;
  std::set<double> different;
  for (const auto& value : values) {
    numbers.push_back(number_of(value));
    if (!numbers.back() && !value.empty())
      return std::nullopt;
    if (numbers.back() && different.size() <= most_bins)
      different.insert(*numbers.back());
  }
  if (different.size() <= most_bins)
    return std::nullopt;
  return numbers;
}

feature make_feature(std::string name, const std::vector<std::string>& values) {
  feature made;
  const auto numbers = numbers_of(values);
  if (!numbers) {
    made.column = text_column(name, values);
    for (const auto& value : made.column.values)
      made.tests.push_back(
        {name, value.empty() ? value_kind::missing : value_kind::text, value,
         std::nullopt, std::nullopt});
    return made;
  }
  made.column = number_column(name, *numbers, most_bins);
  const auto borders = bin_borders(*numbers, most_bins);
  for (std::size_t i = 0; i <= borders.size(); ++i) {
    value_test test{name, value_kind::range, {}, std::nullopt, std::nullopt};
    if (i > 0)
      test.low = borders[i - 1];
    if (i < borders.size())
      test.high = borders[i];
    made.tests.push_back(std::move(test));
  }
  if (made.tests.size() < made.column.values.size())
    made.tests.push_back(
      {name, value_kind::missing, {}, std::nullopt, std::nullopt});
  return made;
}

/// A size goes first, so that no two lists of texts are one.
void mix(std::uint64_t& digest, std::string_view text) {
  digest = mix64(digest ^ text.size());
  digest = fnv1a64(text, digest);
}

std::uint64_t digest_of(std::span<const area_row> rows, const look_rule& rule) {
  auto digest = salted_hash(rule.salt, "area look 1");
  for (const auto& name : rule.attributes)
    mix(digest, name);
  for (const double value :
       {rule.min_volume, rule.min_gap, rule.false_share,
        static_cast<double>(rule.max_predicates),
        static_cast<double>(rule.most), static_cast<double>(rule.examples),
        rule.one_per_subject ? 1.0 : 0.0})
    digest = mix64(digest ^ std::bit_cast<std::uint64_t>(value));
  for (const auto& row : rows) {
    mix(digest, row.interaction);
    mix(digest, row.subject);
    digest = mix64(digest ^ std::bit_cast<std::uint64_t>(row.error));
    for (const auto& value : row.values)
      mix(digest, value);
  }
  return digest;
}

/// A mean of values in [0, 1] with its interval; all of [0, 1] without any.
estimate mean_of(double sum, std::uint64_t n) {
  const auto best_at = static_cast<double>(std::max<std::uint64_t>(n, 1));
  const auto within = bounded_mean_sequence(sum, n, alpha, best_at);
  return {n == 0 ? 0 : sum / static_cast<double>(n), within.low, within.high};
}

/// The least and the largest of share x (1 - share) in an interval of shares.
estimate spread_of(const estimate& share) {
  const auto f = [](double v) { return v * (1 - v); };
  const auto low = f(share.low);
  const auto high = f(share.high);
  const bool peak = share.low <= 0.5 && share.high >= 0.5;
  return {
    f(share.value), std::min(low, high), peak ? 0.25 : std::max(low, high)};
}

class looker {
public:
  looker(std::span<const area_row> rows, const look_rule& rule)
      : rows_(rows), rule_(rule) {
    look_.rows = rows.size();
    look_.digest = digest_of(rows, rule);
  }

  result<area_look> go() {
    if (rows_.empty())
      return look_;
    make_table();
    split();
    look_.error = mean_of(errors_of(table_), table_.rows());
    if (look_.searched == 0 || look_.tested == 0 || rule_.attributes.empty())
      return look_;
    auto nominated = nominate();
    if (!nominated)
      return nominated.err();
    if (nominated->empty())
      return look_;
    if (auto done = confirm(*nominated); !done)
      return done.err();
    std::stable_sort(
      look_.areas.begin(), look_.areas.end(),
      [](const confirmed_area& a, const confirmed_area& b) {
        return a.impact.value > b.impact.value;
      });
    return std::move(look_);
  }

private:
  [[nodiscard]] static double errors_of(const slice_table& table) {
    std::uint64_t sum = 0;
    for (const auto error : table.errors)
      sum += error;
    return static_cast<double>(sum) / table.error_unit;
  }

  void make_table() {
    for (std::size_t i = 0; i < rule_.attributes.size(); ++i) {
      std::vector<std::string> values;
      values.reserve(rows_.size());
      for (const auto& row : rows_)
        values.push_back(row.values[i]);
      auto made = make_feature(rule_.attributes[i], values);
      table_.columns.push_back(std::move(made.column));
      tests_.push_back(std::move(made.tests));
    }
    const bool plain =
      std::all_of(rows_.begin(), rows_.end(), [](const area_row& row) {
        return row.error == 0 || row.error == 1;
      });
    table_.error_unit = plain ? 1 : fine_unit;
    table_.errors.reserve(rows_.size());
    for (const auto& row : rows_)
      table_.errors.push_back(static_cast<std::uint32_t>(
        std::llround(std::clamp(row.error, 0.0, 1.0) * table_.error_unit)));
  }

  void split() {
    searched_.resize(rows_.size());
    confirms_.resize(rows_.size());
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const auto& row = rows_[i];
      const bool alone = row.subject.empty();
      searched_[i] =
        in_discovery_half(alone ? row.interaction : row.subject, rule_.salt);
      confirms_[i] = !searched_[i] &&
        (alone || !rule_.one_per_subject || seen.insert(row.subject).second);
      look_.searched += searched_[i] ? 1U : 0U;
      look_.tested += confirms_[i] ? 1U : 0U;
    }
  }

  result<std::vector<slice>> nominate() {
    const auto half = select_rows(table_, searched_);
    area_rule rule;
    rule.min_rows = std::max(
      fewest_rows,
      static_cast<std::uint64_t>(
        std::ceil(rule_.min_volume * static_cast<double>(half.rows()))));
    rule.max_predicates = rule_.max_predicates;
    rule.max_areas = rule_.most;
    const auto found = improvement_areas(half, rule, &look_.candidates);
    if (!found)
      return found.err();
    std::vector<slice> slices;
    for (const auto& area : *found)
      slices.push_back(area.predicates);
    look_.nominated = slices.size();
    if (!slices.empty())
      look_.bound =
        errors_of(half) / static_cast<double>(half.rows()) + rule_.min_gap;
    return slices;
  }

  result<void> confirm(const std::vector<slice>& slices) {
    // No error is above 1.
    if (look_.bound >= 1)
      return {};
    const auto half = select_rows(table_, confirms_);
    const auto found =
      confirm_slices(half, slices, look_.bound, rule_.false_share);
    if (!found)
      return found.err();
    for (std::size_t k = 0; k < slices.size(); ++k) {
      const auto& one = (*found)[k];
      // Without any rows beside it there is nothing that it is worse than.
      if (one.confirmed && one.rows < half.rows())
        look_.areas.push_back(describe(half, slices[k], one));
    }
    return {};
  }

  [[nodiscard]] static bool
  holds(const slice_table& table, const slice& s, std::size_t row) {
    return std::all_of(s.begin(), s.end(), [&](const slice_predicate& p) {
      return table.columns[p.column].codes[row] == p.value;
    });
  }

  [[nodiscard]] confirmed_area describe(
    const slice_table& half, const slice& s, const slice_confirmation& found) {
    confirmed_area area;
    for (const auto& [column, value] : s)
      area.tests.push_back(tests_[column][value]);
    std::vector<std::size_t> inside;
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if (holds(table_, s, i))
        inside.push_back(i);
    area.rows = inside.size();
    area.volume = mean_of(static_cast<double>(area.rows), rows_.size());
    const auto mine = profile(half, s);
    const auto rest = half.rows() - mine.rows;
    area.tested = mine.rows;
    area.error =
      mean_of(mine.error * static_cast<double>(mine.rows), mine.rows);
    area.rest_error =
      mean_of(mine.rest_error.value_or(0) * static_cast<double>(rest), rest);
    area.gap = {
      area.error.value - area.rest_error.value,
      area.error.low - area.rest_error.high,
      area.error.high - area.rest_error.low};
    const auto spread = spread_of(area.volume);
    area.impact = {
      spread.value * area.gap.value,
      (area.gap.low < 0 ? spread.high : spread.low) * area.gap.low,
      (area.gap.high < 0 ? spread.low : spread.high) * area.gap.high};
    area.error_low = found.error_low;
    area.ln_e = found.ln_e;
    area.examples = examples_of(inside);
    return area;
  }

  /// The largest errors; of equal ones those of the smallest hashes.
  [[nodiscard]] std::vector<std::string>
  examples_of(const std::vector<std::size_t>& inside) const {
    std::vector<std::tuple<double, std::uint64_t, std::size_t>> order;
    for (const auto i : inside)
      if (rows_[i].error > 0)
        order.emplace_back(
          -rows_[i].error, salted_hash(rule_.salt, rows_[i].interaction), i);
    const auto wanted = std::min(rule_.examples, order.size());
    std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(wanted),
      order.end());
    std::vector<std::string> names;
    for (std::size_t k = 0; k < wanted; ++k)
      names.push_back(rows_[std::get<2>(order[k])].interaction);
    return names;
  }

  std::span<const area_row> rows_;
  const look_rule& rule_;
  slice_table table_;
  std::vector<std::vector<value_test>> tests_; ///< By column and value.
  std::vector<bool> searched_;
  std::vector<bool> confirms_;
  area_look look_;
};

} // namespace

bool area_sample::wants(std::string_view interaction) const {
  return halvings_ == 0 ||
    salted_hash(salt_, interaction) >> (64 - halvings_) == 0;
}

void area_sample::add(area_row row) {
  if (!wants(row.interaction))
    return;
  rows_.push_back(std::move(row));
  while (rows_.size() > most_rows_ && halvings_ < 63) {
    ++halvings_;
    std::erase_if(
      rows_, [this](const area_row& one) { return !wants(one.interaction); });
  }
}

double area_sample::share() const {
  return std::ldexp(1.0, -static_cast<int>(halvings_));
}

result<area_look>
look_for_areas(std::span<const area_row> rows, const look_rule& rule) {
  return looker{rows, rule}.go();
}

} // namespace ratchet::analysis
