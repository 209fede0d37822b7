#include "storage/loop_journal.hpp"
#include "storage/store.hpp"
#include "temp_dir.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace ratchet::storage;

TEST_CASE("definitions are told in the order they were hosted", "[journal]") {
  const test::temp_dir directory;
  const auto on_disk = std::move(*store::open({.directory = directory.path()}));
  const loop_journal journal{*on_disk};
  constexpr loop_number digits{1};
  write_batch batch;
  workflows::loop_definition plan;
  plan.name = "digits";
  for (const auto* fingerprint : {"aa", "bb", "cc"})
    put_definition(batch, digits, fingerprint, plan);
  put_definition_dates(batch, digits, "aa", {from_ms(1000), from_ms(9000)});
  put_definition_dates(batch, digits, "cc", {from_ms(2000), from_ms(5000)});
  REQUIRE(on_disk->commit(batch).ok());
  const auto found = journal.definitions(digits);
  REQUIRE(found.ok());
  REQUIRE(found->size() == 3);
  CHECK((*found)[0].fingerprint == "bb"); // Of a build without dates.
  CHECK_FALSE((*found)[0].dates);
  CHECK((*found)[1].fingerprint == "cc");
  CHECK((*found)[2].fingerprint == "aa");
  CHECK((*found)[2].dates == definition_dates{from_ms(1000), from_ms(9000)});
  CHECK_FALSE(*journal.dates_of(digits, "bb"));
}
