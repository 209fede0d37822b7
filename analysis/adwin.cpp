#include "analysis/adwin.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace ratchet::analysis {

namespace {

constexpr std::size_t buckets_per_row = 5;
constexpr std::uint64_t min_part = 5;
constexpr std::uint64_t min_window = 10;

/// What joining two parts adds to their spreads.
double between(double n, double sum, double m, double other_sum) {
  const auto distance = sum / n - other_sum / m;
  return n * m * distance * distance / (n + m);
}

} // namespace

adwin::adwin(double delta, std::uint32_t clock) : delta_(delta), clock_(clock) {
  RATCHET_ASSERT(delta > 0 && delta < 1 && clock > 0);
}

result<bool> adwin::observe(double value) {
  if (!std::isfinite(value))
    return error{
      errc::invalid_argument,
      "value " + std::to_string(value) + " is not a finite number"};
  insert(value);
  compress();
  bool cut = false;
  if (++observed_ % clock_ == 0)
    for (; width_ > min_window && parts_differ(); cut = true)
      drop_oldest();
  return cut;
}

double adwin::mean() const {
  return width_ == 0 ? 0 : sum_ / static_cast<double>(width_);
}

double adwin::variance() const {
  return width_ == 0 ? 0 : spread_ / static_cast<double>(width_);
}

void adwin::insert(double value) {
  if (width_ > 0)
    spread_ += between(1, value, static_cast<double>(width_), sum_);
  ++width_;
  sum_ += value;
  rows_[0].push_back({value, 0});
}

void adwin::compress() {
  for (std::size_t row = 0; rows_[row].size() > buckets_per_row; ++row) {
    if (row + 1 == rows_.size())
      rows_.emplace_back();
    auto& buckets = rows_[row];
    const auto& a = buckets[0];
    const auto& b = buckets[1];
    const auto n = std::exp2(static_cast<double>(row));
    rows_[row + 1].push_back(
      {a.sum + b.sum, a.spread + b.spread + between(n, a.sum, n, b.sum)});
    buckets.erase(buckets.begin(), buckets.begin() + 2);
  }
}

void adwin::drop_oldest() {
  auto& oldest = rows_.back();
  const auto size = std::uint64_t{1} << (rows_.size() - 1);
  const auto [sum, spread] = oldest.front();
  oldest.erase(oldest.begin());
  if (oldest.empty() && rows_.size() > 1)
    rows_.pop_back();
  width_ -= size;
  sum_ -= sum;
  spread_ -= spread +
    between(static_cast<double>(size), sum, static_cast<double>(width_), sum_);
  // Rounding, where all that is left is equal.
  spread_ = std::max(spread_, 0.0);
}

bool adwin::parts_differ() const {
  std::uint64_t older = 0;
  double older_sum = 0;
  for (std::size_t row = rows_.size(); row-- > 0;)
    for (const auto& part : rows_[row]) {
      older += std::uint64_t{1} << row;
      older_sum += part.sum;
      if (width_ - older < min_part)
        return false;
      if (older >= min_part && differ(older, older_sum))
        return true;
    }
  return false;
}

bool adwin::differ(std::uint64_t older, double older_sum) const {
  const auto n0 = static_cast<double>(older);
  const auto n1 = static_cast<double>(width_ - older);
  const auto distance = std::abs(older_sum / n0 - (sum_ - older_sum) / n1);
  const auto share = 1 / (n0 - min_part + 1) + 1 / (n1 - min_part + 1);
  const auto confidence =
    std::log(2 * std::log(static_cast<double>(width_)) / delta_);
  const auto bound = std::sqrt(2 * share * variance() * confidence) +
    2.0 / 3 * confidence * share;
  return distance > bound;
}

} // namespace ratchet::analysis
