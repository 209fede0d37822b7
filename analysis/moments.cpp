#include "analysis/moments.hpp"

#include "analysis/detail/distributions.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

namespace ratchet::analysis {

namespace {

using boost::multiprecision::int256_t;

__extension__ using wide = unsigned __int128;

constexpr double scale = 0x1p32;
constexpr double limit = 0x1p31;

template <std::size_t N>
using words = std::array<std::uint64_t, N>;

/// a += b modulo 2^(64 N): right for unsigned and for two's complement.
template <std::size_t N>
void add_words(words<N>& a, const words<N>& b) {
  wide carry = 0;
  for (std::size_t i = 0; i < N; ++i) {
    carry += static_cast<wide>(a[i]) + b[i];
    a[i] = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
}

template <std::size_t N>
words<N> negated(words<N> a) {
  for (auto& word : a)
    word = ~word;
  words<N> one{};
  one[0] = 1;
  add_words(a, one);
  return a;
}

template <std::size_t N>
int256_t unsigned_value(const words<N>& a) {
  int256_t value = 0;
  for (std::size_t i = N; i-- > 0;)
    value = (value << 64) + a[i];
  return value;
}

int256_t signed_value(const words<2>& a) {
  return (a[1] >> 63) != 0 ? int256_t{-unsigned_value(negated(a))}
                           : unsigned_value(a);
}

result<moments> cell_of(double value) {
  // Written so that NaN, which compares false, is refused too.
  if (!(std::abs(value) < limit))
    return error{
      errc::invalid_argument,
      "metric value " + std::to_string(value) +
        " is not a number between -2^31 and 2^31"};
  const auto x = static_cast<std::int64_t>(std::llround(value * scale));
  const auto magnitude = static_cast<std::uint64_t>(x < 0 ? -x : x);
  const auto square = static_cast<wide>(magnitude) * magnitude;
  moments cell;
  cell.count = 1;
  cell.sum = {static_cast<std::uint64_t>(x), x < 0 ? ~std::uint64_t{0} : 0};
  cell.squares = {
    static_cast<std::uint64_t>(square),
    static_cast<std::uint64_t>(square >> 64), 0};
  return cell;
}

} // namespace

result<void> add(moments& cell, double value) {
  const auto one = cell_of(value);
  if (!one)
    return one.err();
  merge(cell, *one);
  return {};
}

result<void> remove(moments& cell, double value) {
  const auto one = cell_of(value);
  if (!one)
    return one.err();
  if (cell.count == 0)
    return error{
      errc::invalid_argument,
      "metric value " + std::to_string(value) +
        " was taken back from a cell that is empty"};
  cell.count -= 1;
  add_words(cell.sum, negated(one->sum));
  add_words(cell.squares, negated(one->squares));
  return {};
}

void merge(moments& cell, const moments& other) {
  cell.count += other.count;
  add_words(cell.sum, other.sum);
  add_words(cell.squares, other.squares);
}

void subtract(moments& cell, const moments& part) {
  RATCHET_ASSERT(cell.count >= part.count);
  cell.count -= part.count;
  add_words(cell.sum, negated(part.sum));
  add_words(cell.squares, negated(part.squares));
}

std::optional<double> mean(const moments& cell) {
  if (cell.count == 0)
    return std::nullopt;
  const auto sum = signed_value(cell.sum).convert_to<double>();
  return sum / static_cast<double>(cell.count) / scale;
}

std::optional<double> variance(const moments& cell) {
  if (cell.count < 2)
    return std::nullopt;
  // Exact up to the division: where Welford's running update would carry
  // rounding from value to value, n * S2 - S1^2 cancels without loss.
  const int256_t n = cell.count;
  const auto sum = signed_value(cell.sum);
  const int256_t numerator = n * unsigned_value(cell.squares) - sum * sum;
  const int256_t denominator = n * (n - 1);
  return numerator.convert_to<double>() / denominator.convert_to<double>() /
    (scale * scale);
}

interval
wilson_interval(std::uint64_t successes, std::uint64_t n, double confidence) {
  const auto z = detail::normal_quantile(1 - (1 - confidence) / 2);
  const auto count = static_cast<double>(n);
  const auto share = static_cast<double>(successes) / count;
  const auto z2 = z * z;
  const auto center = (share + z2 / (2 * count)) / (1 + z2 / count);
  const auto half = z / (1 + z2 / count) *
    std::sqrt(share * (1 - share) / count + z2 / (4 * count * count));
  // At 0 and n of n the formula gives the border, but for rounding.
  return {
    successes == 0 ? 0 : std::max(0.0, center - half),
    successes == n ? 1 : std::min(1.0, center + half)};
}

std::optional<interval> share_interval(const moments& cell, double confidence) {
  if (cell.count == 0)
    return std::nullopt;
  const auto successes =
    static_cast<std::uint64_t>(signed_value(cell.sum) >> 32);
  return wilson_interval(successes, cell.count, confidence);
}

std::optional<interval> mean_interval(const moments& cell, double confidence) {
  const auto spread = variance(cell);
  if (!spread)
    return std::nullopt;
  const auto n = static_cast<double>(cell.count);
  const auto t = detail::student_quantile(1 - (1 - confidence) / 2, n - 1);
  const auto half = t * std::sqrt(*spread / n);
  const auto center = *mean(cell);
  return interval{center - half, center + half};
}

} // namespace ratchet::analysis
