#include "storage/registry.hpp"

#include "base/bytes.hpp"
#include "storage/keys.hpp"
#include "storage/record.hpp"
#include "temp_dir.hpp"
#include "workflow_samples.hpp"

#include <catch2/catch.hpp>

#include <memory>

using namespace ratchet;
using namespace ratchet::storage;

namespace {

constexpr loop_number digits{1};

version_record sample_version(std::uint64_t number) {
  return {version_number{number},  "digits",
          "digits-7-train-2",      iteration_number{7},
          test::sample_artifact(), test::at(1),
          version_number{3},       std::string(64, 'd'),
          "with more tablets",     "iteration"};
}

alias_move
champion(std::uint64_t expected, std::uint64_t to, std::string why = "better") {
  return {"champion",
          version_number{expected},
          version_number{to},
          test::at(2),
          "ann",
          std::move(why)};
}

rollback_record sample_rollback(std::uint64_t number) {
  return {
    version_number{number},
    version_number{3},
    test::at(5),
    "probation",
    "accuracy fell",
    17};
}

struct fixture {
  fixture() {
    store_options options;
    options.directory = dir.path();
    auto opened = store::open(std::move(options));
    if (!opened)
      FAIL(opened.err().message);
    shard = std::move(*opened);
  }
  registry models() const { return registry{*shard}; }
  void commit(const write_batch& batch) { REQUIRE(shard->commit(batch).ok()); }
  void add_versions(std::uint64_t count) {
    write_batch batch;
    for (std::uint64_t n = 1; n <= count; ++n)
      REQUIRE(models().add_version(batch, digits, sample_version(n)).ok());
    commit(batch);
  }
  /// Moves and commits.
  result<void> move(const alias_move& to) {
    write_batch batch;
    auto moved = models().move_alias(batch, digits, to);
    CHECK(batch.empty() != moved.ok());
    commit(batch);
    return moved;
  }

  test::temp_dir dir;
  std::unique_ptr<store> shard;
};

} // namespace

TEST_CASE_METHOD(
  fixture, "a version comes back with its lineage", "[registry]") {
  add_versions(3);
  const auto found = models().version(digits, version_number{2});
  REQUIRE(found.ok());
  CHECK(*found == sample_version(2));
  CHECK(
    models().version(digits, version_number{4}).err().code == errc::not_found);
  CHECK(
    models().version(loop_number{2}, version_number{2}).err().code ==
    errc::not_found);
}

TEST_CASE_METHOD(fixture, "a version's number is taken once", "[registry]") {
  add_versions(1);
  write_batch batch;
  CHECK(models().add_version(batch, digits, sample_version(1)).ok());
  auto other = sample_version(1);
  other.note = "another";
  CHECK(
    models().add_version(batch, digits, other).err().code ==
    errc::already_exists);
  CHECK(
    models().add_version(batch, digits, sample_version(0)).err().code ==
    errc::invalid_argument);
  CHECK(batch.empty());
}

TEST_CASE_METHOD(
  fixture, "versions come newest first, page by page", "[registry]") {
  add_versions(5);
  const auto numbers = [&](std::uint64_t before, std::size_t limit) {
    std::vector<std::uint64_t> out;
    const auto page = models().versions(digits, version_number{before}, limit);
    REQUIRE(page.ok());
    for (const auto& version : *page)
      out.push_back(version.number.value);
    return out;
  };
  CHECK(numbers(0, 3) == std::vector<std::uint64_t>{5, 4, 3});
  CHECK(numbers(3, 3) == std::vector<std::uint64_t>{2, 1});
  CHECK(numbers(1, 3).empty());
}

TEST_CASE_METHOD(
  fixture, "an alias moves only from what the mover expects", "[registry]") {
  add_versions(3);
  CHECK(models().alias(digits, "champion").err().code == errc::not_found);
  CHECK(move(champion(1, 2)).err().code == errc::conflict);
  CHECK(move(champion(0, 1)).ok());
  const auto late = move(champion(0, 2));
  REQUIRE(late.err().code == errc::conflict);
  CHECK(
    late.err().message ==
    "loop number 1: alias \"champion\" names 1, expected none");
  CHECK(move(champion(1, 4)).err().code == errc::not_found);
  CHECK(move(champion(1, 0)).err().code == errc::not_found);
  CHECK(move(champion(1, 3, "wins")).ok());
  CHECK(
    *models().alias(digits, "champion") ==
    alias_record{
      "champion", version_number{3}, version_number{1}, test::at(2), "ann",
      "wins"});
  CHECK(models().aliases(digits)->size() == 1);
  CHECK(models().aliases(loop_number{2})->empty());
}

TEST_CASE_METHOD(
  fixture, "a batch sees the versions and moves it already holds",
  "[registry]") {
  write_batch batch;
  REQUIRE(models().add_version(batch, digits, sample_version(1)).ok());
  REQUIRE(models().move_alias(batch, digits, champion(0, 1)).ok());
  CHECK(
    models().move_alias(batch, digits, champion(0, 1)).err().code ==
    errc::conflict);
  commit(batch);
  CHECK(models().alias(digits, "champion")->version == version_number{1});
}

TEST_CASE_METHOD(
  fixture, "a version that was taken back says so", "[registry]") {
  const auto of = [&](loop_number loop, std::uint64_t version) {
    return models().rollback_of(loop, version_number{version}).value();
  };
  write_batch batch;
  models().add_rollback(batch, digits, sample_rollback(4));
  commit(batch);
  CHECK(of(digits, 4) == sample_rollback(4));
  CHECK_FALSE(of(digits, 5));
  CHECK_FALSE(of(loop_number{2}, 4));
  CHECK(models().versions(digits, {}, 9)->empty()); // It is no version.
  CHECK(models().aliases(digits)->empty());
  // Again: the last time counts.
  auto later = sample_rollback(4);
  later.event = 99;
  write_batch again;
  models().add_rollback(again, digits, later);
  CHECK(again.ops().size() == 1);
  commit(again);
  CHECK(of(digits, 4) == later);
}

TEST_CASE_METHOD(
  fixture, "a damaged version or alias is corruption", "[registry]") {
  add_versions(2);
  REQUIRE(move(champion(0, 1)).ok());
  const auto flip = [&](const std::string& key) {
    auto bytes = **shard->get(column::registry, key);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    write_batch batch;
    batch.put(column::registry, key, bytes);
    commit(batch);
  };
  flip(version_key{digits, version_number{2}}.encode());
  CHECK(
    models().version(digits, version_number{2}).err().code == errc::corruption);
  CHECK(models().versions(digits, {}, 9).err().code == errc::corruption);
  CHECK(move(champion(1, 2)).err().code == errc::corruption);
  write_batch marks;
  models().add_rollback(marks, digits, sample_rollback(2));
  commit(marks);
  flip(rollback_key{digits, version_number{2}}.encode());
  CHECK(
    models().rollback_of(digits, version_number{2}).err().code ==
    errc::corruption);
  flip(alias_key{digits, "champion"}.encode());
  CHECK(models().alias(digits, "champion").err().code == errc::corruption);
  CHECK(models().aliases(digits).err().code == errc::corruption);
  CHECK(move(champion(1, 1)).err().code == errc::corruption);
}

// A release has written these; docs/formats/registry.md says what they are.
TEST_CASE_METHOD(
  fixture, "the bytes of versions and aliases are what they were",
  "[registry]") {
  write_batch batch;
  REQUIRE(models().add_version(batch, digits, sample_version(4)).ok());
  REQUIRE(models().move_alias(batch, digits, champion(0, 4)).ok());
  REQUIRE(batch.ops().size() == 2);
  CHECK(
    to_hex(std::string_view{batch.ops()[0].value}) ==
    "080101005ac607f2010400000000000000060000000000000064696769747310"
    "000000000000006469676974732d372d747261696e2d3207000000000000000c"
    "000000000000006d6f64656c2e6a6f626c696240000000000000006161616161"
    "6161616161616161616161616161616161616161616161616161616161616161"
    "616161616161616161616161616161616161616161616161616161141a99be1c"
    "000000e86f50c4a0010000030000000000000040000000000000006464646464"
    "6464646464646464646464646464646464646464646464646464646464646464"
    "6464646464646464646464646464646464646464646464646464641100000000"
    "00000077697468206d6f7265207461626c657473090000000000000069746572"
    "6174696f6e");
  CHECK(
    to_hex(std::string_view{batch.ops()[1].value}) ==
    "0901010097bcb4950108000000000000006368616d70696f6e04000000000000"
    "000000000000000000d07350c4a00100000300000000000000616e6e06000000"
    "00000000626574746572");
  models().add_rollback(batch, digits, sample_rollback(4));
  CHECK(
    to_hex(std::string_view{batch.ops()[2].key}) ==
    "32000000010000000000000004");
  CHECK(
    to_hex(std::string_view{batch.ops()[2].value}) ==
    "19010100b8d35cdf0104000000000000000300000000000000887f50c4a00100"
    "00090000000000000070726f626174696f6e0d00000000000000616363757261"
    "63792066656c6c1100000000000000");
}
