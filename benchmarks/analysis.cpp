// What does a value cost in each aggregate and detector, and how long does it
// take to search slices? An argument names UCI's adult.data for the real table.

#include "analysis/adwin.hpp"
#include "analysis/decay.hpp"
#include "analysis/distinct.hpp"
#include "analysis/drop_detector.hpp"
#include "analysis/hash.hpp"
#include "analysis/heavy_hitters.hpp"
#include "analysis/moments.hpp"
#include "analysis/quantiles.hpp"
#include "analysis/slices.hpp"
#include "analysis/windows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;

namespace {

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

template <class Body>
double seconds(Body body) {
  const auto start = cpu_seconds();
  body();
  return cpu_seconds() - start;
}

/// The compiler may not see through it.
void use(const void* p) {
  asm volatile("" : : "g"(p) : "memory");
}

void must(bool ok) {
  if (!ok)
    std::abort();
}

/// Values in [0, 1) by number, drawn before the clock runs.
const std::vector<double>& values() {
  static const auto list = [] {
    std::vector<double> v(1 << 16);
    for (std::size_t i = 0; i < v.size(); ++i)
      v[i] = to_unit(draw(1, i));
    return v;
  }();
  return list;
}

/// Nanoseconds of `add(value, number)`, the best of five rounds.
template <class Add>
void print_cost(const char* what, std::size_t bytes, Add add) {
  const auto& v = values();
  constexpr std::size_t n = 2'000'000;
  double best = 1e9;
  for (int round = 0; round < 5; ++round)
    best = std::min(best, seconds([&] {
                      for (std::size_t i = 0; i < n; ++i)
                        add(v[i % v.size()], i);
                    }));
  std::printf(
    "{\"bench\":\"analysis\",\"what\":\"%s\",\"ns_per_value\":%.1f,"
    "\"state_bytes\":%zu}\n",
    what, best * 1e9 / n, bytes);
}

void aggregates() {
  moments cell;
  print_cost("moments", sizeof cell, [&](double x, std::size_t) {
    must(add(cell, x).ok());
  });
  decayed_moments recent{.half_life = std::chrono::hours{1}};
  print_cost("decay", sizeof recent, [&](double x, std::size_t i) {
    must(add(recent, from_ms(static_cast<std::int64_t>(i)), x).ok());
  });
  windows<moments> by_minute{
    {.size = std::chrono::minutes{10},
     .slide = std::chrono::minutes{1},
     .retention = std::chrono::minutes{10}}};
  print_cost("window", 10 * sizeof cell, [&](double x, std::size_t i) {
    const auto now = from_ms(static_cast<std::int64_t>(i));
    const auto late =
      by_minute.add(now, [&](moments& m) { must(add(m, x).ok()); });
    if (i % 1'024 == 0)
      use(by_minute.advance(now).data());
  });
  quantile_sketch sketch;
  for (const auto x : values())
    must(sketch.add(x).ok());
  print_cost(
    "quantiles", sketch.contents().positive.counts.size() * 8,
    [&](double x, std::size_t) { must(sketch.add(x).ok()); });
  std::vector<std::string> names;
  for (const auto x : values())
    names.push_back("value-" + std::to_string(std::floor(std::exp(9 * x))));
  heavy_hitters top{256};
  print_cost("heavy_hitters", 256 * 170, [&](double, std::size_t i) {
    top.add(names[i % names.size()]);
  });
  distinct_count users;
  print_cost("distinct", sizeof users, [&](double, std::size_t i) {
    users.add_hash(draw(2, i));
  });
}

void detectors() {
  auto drop = *make_drop_detector(0.4);
  print_cost("drop_detector", sizeof drop, [&](double x, std::size_t) {
    must(observe(drop, x).ok());
  });
  adwin window;
  print_cost("adwin", 120 * 16, [&](double x, std::size_t) {
    must(window.observe(x).ok());
  });
}

/// Of which slices were found, with what counts, to compare two searches by.
std::uint64_t digest_of(const slice_search& found) {
  std::uint64_t state = 0;
  for (const auto& s : found.slices) {
    for (const auto& p : s.predicates)
      state = mix64(state ^ (std::uint64_t{p.column} << 32U | p.value)) + 1;
    state = mix64(mix64(state ^ s.rows) ^ s.errors) + 1;
  }
  return state;
}

void print_search(const char* what, const slice_table& table) {
  slice_search found;
  const auto time = seconds([&] {
    auto result = find_slices(table, {});
    must(result.ok());
    found = *std::move(result);
  });
  std::printf(
    "{\"bench\":\"analysis\",\"what\":\"%s\",\"rows\":%zu,\"columns\":%zu,"
    "\"evaluated\":%llu,\"ms\":%.1f,\"digest\":\"%016llx\"}\n",
    what, table.rows(), table.columns.size(),
    static_cast<unsigned long long>(found.evaluated), time * 1e3,
    static_cast<unsigned long long>(digest_of(found)));
}

/// Skewed columns of 2 to 11 values, right or wrong at a fifth, more so in two
/// planted slices.
slice_table synthetic_table(std::size_t rows, std::size_t columns) {
  slice_table table;
  for (std::size_t c = 0; c < columns; ++c) {
    slice_column column{.name = std::to_string(c)};
    const auto count = static_cast<std::uint32_t>(2 + c % 10);
    for (std::uint32_t v = 0; v < count; ++v)
      column.values.push_back(std::to_string(v));
    for (std::size_t i = 0; i < rows; ++i) {
      const auto u = to_unit(draw(c, i));
      column.codes.push_back(static_cast<std::uint32_t>(u * u * count));
    }
    table.columns.push_back(std::move(column));
  }
  const auto in = [&](std::size_t i, std::size_t a, std::size_t b) {
    return table.columns[a].codes[i] == 1 && table.columns[b].codes[i] == 0;
  };
  for (std::size_t i = 0; i < rows; ++i) {
    const auto p = 0.2 + (in(i, 1, 3) ? 0.2 : 0) + (in(i, 5, 7) ? 0.1 : 0);
    table.errors.push_back(to_unit(draw(columns, i)) < p ? 1 : 0);
  }
  return table;
}

slice_table adult(const char* path) {
  std::ifstream file{path};
  constexpr std::array<std::size_t, 8> fields{1, 3, 5, 6, 7, 8, 9, 13};
  std::array<std::vector<std::string>, fields.size()> columns;
  slice_table table;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> row;
    std::istringstream text{line};
    for (std::string value; std::getline(text >> std::ws, value, ',');)
      row.push_back(value);
    if (row.size() != 15)
      continue;
    for (std::size_t i = 0; i < fields.size(); ++i)
      columns[i].push_back(row[fields[i]]);
    table.errors.push_back(row[14].front() == '>' ? 1 : 0);
  }
  for (std::size_t i = 0; i < fields.size(); ++i)
    table.columns.push_back(text_column(std::to_string(fields[i]), columns[i]));
  return table;
}

} // namespace

int main(int argc, char** argv) {
  aggregates();
  detectors();
  if (argc > 1)
    print_search("slices_adult", adult(argv[1]));
  print_search("slices_32561x8", synthetic_table(32'561, 8));
  print_search("slices_581012x54", synthetic_table(581'012, 54));
  print_search("slices_2458285x68", synthetic_table(2'458'285, 68));
}
