#include "storage/detail/event_index.hpp"

#include "storage/detail/hash_filter.hpp"
#include "storage/detail/index_run.hpp"
#include "storage/record.hpp"
#include "temp_dir.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <map>
#include <random>
#include <set>

using namespace ratchet;
using namespace ratchet::storage;
using namespace ratchet::storage::detail;

namespace fs = std::filesystem;

namespace {

std::unique_ptr<event_index>
must_open(const test::temp_dir& dir, std::size_t tail, std::size_t width) {
  auto opened = event_index::open({dir.path() / "index", tail, width});
  if (!opened)
    FAIL(opened.err().message);
  return std::move(*opened);
}

std::vector<std::uint64_t>
places(const event_index& index, std::uint64_t hash, std::uint64_t after = 0) {
  std::vector<std::uint64_t> out;
  const auto visited = index.visit(hash, after, [&](std::uint64_t place) {
    out.push_back(place);
    return true;
  });
  REQUIRE(visited.ok());
  if (is_id(hash)) // In no order: there is one event of an id at most.
    std::sort(out.begin(), out.end());
  return out;
}

void add(event_index& index, const std::vector<index_entry>& entries) {
  const index_cursor cursor{{1}, sequence_of(entries.back().place), 0};
  index.add(entries, {&cursor, 1});
}

} // namespace

TEST_CASE("a filter forgets no id and rarely invents one", "[storage][index]") {
  constexpr std::uint64_t ids = 20'000;
  const auto [bits, most] = GENERATE(std::pair{12U, 200}, std::pair{8U, 700});
  hash_filter filter{ids, bits};
  std::mt19937_64 random{7};
  std::vector<std::uint64_t> in(ids);
  for (auto& hash : in)
    filter.add(hash = random() >> 1U);
  for (const auto hash : in)
    REQUIRE(filter.may_hold(hash));
  int invented = 0;
  for (std::uint64_t i = 0; i < ids; ++i)
    invented += filter.may_hold(random() >> 1U) ? 1 : 0;
  CHECK(invented < most);
  CHECK_FALSE(hash_filter(0, 8).may_hold(5));
}

TEST_CASE(
  "the index agrees with a multimap while runs come and merge",
  "[storage][index]") {
  const auto seed = Catch::rngSeed() + 11;
  CAPTURE(seed);
  std::mt19937_64 random{seed};
  const test::temp_dir dir;
  auto index = must_open(dir, 100, 3);
  std::map<std::uint64_t, std::vector<std::uint64_t>> expected;
  std::uint64_t next = 1;
  const auto some_hash = [&] {
    // Few links with many places, as of a busy subject, among ids.
    return random() % 3 == 0
      ? index_hash(index_use::of_subject, {1}, random() % 5)
      : index_hash(index_use::feedback_id, {1}, random() % 3000);
  };
  for (int round = 0; round < 400; ++round) {
    std::vector<index_entry> entries;
    for (auto n = 1 + random() % 40; n > 0; --n) {
      const auto place = make_place({1}, {next++});
      entries.push_back({some_hash(), place});
      expected[entries.back().hash].push_back(place);
    }
    add(*index, entries);
    if (round % 100 == 99) {
      REQUIRE(index->flush().ok());
      index = nullptr;
      index = must_open(dir, 100, 3);
      REQUIRE(index->recovered().size() == 1);
      CHECK(index->recovered()[0].last == sequence{next - 1});
    }
    const auto hash = some_hash();
    REQUIRE(places(*index, hash) == expected[hash]);
    std::vector<std::uint64_t> asked;
    for (int i = 0; i < 50; ++i)
      asked.push_back(index_hash(index_use::feedback_id, {1}, random() % 6000));
    std::vector<event_index::hit> hits;
    REQUIRE(index->find_ids(asked, hits).ok());
    std::size_t found = 0;
    for (const auto a : asked)
      found += expected.count(a) != 0 ? expected[a].size() : 0;
    REQUIRE(hits.size() == found);
  }
  for (const auto& [hash, all] : expected) {
    REQUIRE(places(*index, hash) == all);
    if (all.size() > 1)
      REQUIRE(places(*index, hash, all[0]).front() == all[1]);
  }
  CHECK(index->stats().run_entries + index->stats().tail_entries == next - 1);
}

TEST_CASE("a run of an older layout is refused", "[storage][index]") {
  const test::temp_dir dir;
  const auto path = dir.path() / "1.run";
  auto out = index_run_writer::create(path, 1);
  REQUIRE(out.ok());
  out->add({1, 5});
  REQUIRE(out->finish().ok());
  REQUIRE(index_run::open(path).ok());

  constexpr std::size_t footer_bytes = record_header_size + 32;
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekg(-static_cast<std::streamoff>(footer_bytes), std::ios::end);
  const auto at = file.tellg();
  std::string footer(footer_bytes, '\0');
  file.read(footer.data(), static_cast<std::streamsize>(footer_bytes));
  seal_in_place(record_kind::index_run, {1, 1}, footer);
  file.seekp(at);
  file << footer;
  file.close();
  const auto run = index_run::open(path);
  REQUIRE_FALSE(run.ok());
  CHECK(run.err().code == errc::corruption);
}

TEST_CASE("one hash may fill many pages of a run", "[storage][index]") {
  const test::temp_dir dir;
  const auto path = dir.path() / "1.run";
  constexpr std::uint64_t hash = std::uint64_t{3} << 62U;
  auto out = index_run_writer::create(path, 1);
  REQUIRE(out.ok());
  out->add({hash - 1, 5});
  for (std::uint64_t place = 1; place <= 2000; ++place)
    out->add({hash, place});
  out->add({hash + 1, 5});
  REQUIRE(out->finish().ok());
  const auto run = index_run::open(path);
  REQUIRE(run.ok());
  CHECK((*run)->entry_count() == 2002);
  for (const std::uint64_t after : {0U, 1U, 254U, 255U, 510U, 1999U, 2000U}) {
    std::uint64_t expected = after;
    REQUIRE((*run)
              ->visit(
                hash, after,
                [&](std::uint64_t place) {
                  CHECK(place == ++expected);
                  return true;
                })
              .ok());
    CHECK(expected == 2000);
  }
}

TEST_CASE("no flipped byte of a run goes unnoticed", "[storage][index]") {
  const test::temp_dir dir;
  const auto path = dir.path() / "1.run";
  auto out = index_run_writer::create(path, 600);
  REQUIRE(out.ok());
  for (std::uint64_t i = 1; i <= 600; ++i)
    out->add({i << 40U, i});
  REQUIRE(out->finish().ok());
  const auto read_all_of = [&]() -> result<void> {
    const auto run = index_run::open(path);
    if (!run)
      return run.err();
    for (std::uint64_t page = 0; page < (*run)->page_count(); ++page) {
      index_page into;
      if (auto read = (*run)->read_page(page, into); !read)
        return read;
    }
    return {};
  };
  REQUIRE(read_all_of().ok());
  const auto size = fs::file_size(path);
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  const auto at = [&](std::uintmax_t offset, char flip) {
    file.seekg(static_cast<std::streamoff>(offset));
    const auto old = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(old ^ flip));
    file.flush();
  };
  for (std::uintmax_t offset = 0; offset < size; offset += 37) {
    CAPTURE(offset);
    at(offset, 4);
    const auto read = read_all_of();
    REQUIRE_FALSE(read.ok());
    CHECK(read.err().code == errc::corruption);
    at(offset, 4);
  }
  REQUIRE(read_all_of().ok());
}

TEST_CASE("merging forgets what retention has dropped", "[storage][index]") {
  const test::temp_dir dir;
  run_list inputs;
  for (const auto* name : {"1.run", "2.run"}) {
    auto out = index_run_writer::create(dir.path() / name, 500);
    REQUIRE(out.ok());
    for (std::uint64_t i = 1; i <= 500; ++i)
      out->add({i, 2 * i - inputs.size()});
    REQUIRE(out->finish().ok());
    inputs.push_back(*index_run::open(dir.path() / name));
  }
  auto merge =
    run_merge::start(inputs, dir.path() / "3.run", [](std::uint64_t place) {
      return place >= 300;
    });
  REQUIRE(merge.ok());
  while ((*merge)->step(100).value()) {
  }
  REQUIRE((*merge)->finish().ok());
  const auto run = index_run::open(dir.path() / "3.run");
  REQUIRE(run.ok());
  // Places 1 to 1000, one each, of which 299 are gone.
  CHECK((*run)->entry_count() == 701);
  std::vector<std::uint64_t> found;
  for (const std::uint64_t hash : {149U, 150U})
    REQUIRE((*run)
              ->visit(
                hash, 0,
                [&](std::uint64_t place) {
                  found.push_back(place);
                  return true;
                })
              .ok());
  CHECK(found == std::vector<std::uint64_t>{300});
}

TEST_CASE("leftovers of a crash are cleared away", "[storage][index]") {
  const test::temp_dir dir;
  must_open(dir, 10, 2).reset();
  const auto half_written = dir.path() / "index" / "000009.run.tmp";
  const auto unlisted = dir.path() / "index" / "000008.run";
  std::ofstream{half_written} << "x";
  std::ofstream{unlisted} << "x";
  must_open(dir, 10, 2).reset();
  CHECK_FALSE(fs::exists(half_written));
  CHECK_FALSE(fs::exists(unlisted));
}
