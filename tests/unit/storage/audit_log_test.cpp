#include "storage/audit_log.hpp"

#include "storage/store.hpp"
#include "temp_dir.hpp"
#include "workflow_samples.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace ratchet::storage;
using workflows::audit_entry;
using workflows::audit_stamp;

namespace {

constexpr loop_number digits{1};

audit_entry entry_at(std::int64_t seconds, std::uint64_t index) {
  auto entry = test::sample_audit();
  entry.stamp = {test::at(seconds), index};
  return entry;
}

struct fixture {
  test::temp_dir directory;
  std::unique_ptr<store> on_disk =
    std::move(*store::open({.directory = directory.path()}));

  void put(loop_number loop, const audit_entry& entry) {
    write_batch batch;
    put_audit(batch, loop, entry);
    REQUIRE(on_disk->commit(batch).ok());
  }
  std::vector<std::uint64_t> indexes(audit_stamp before) {
    std::vector<std::uint64_t> out;
    REQUIRE(scan_audit(*on_disk, digits, before, [&](const auto& entry) {
              out.push_back(entry.stamp.index);
              return out.size() < 3;
            }).ok());
    return out;
  }
};

using numbers = std::vector<std::uint64_t>;

} // namespace

TEST_CASE_METHOD(
  fixture, "the log is read from its end, loop by loop", "[audit]") {
  CHECK(*last_audit_stamp(*on_disk, digits) == audit_stamp{});
  put(digits, entry_at(1, 1));
  put(digits, entry_at(1, 2));
  put(digits, entry_at(5, 3));
  put(digits, entry_at(9, 4));
  put(loop_number{2}, entry_at(7, 99));
  CHECK(*last_audit_stamp(*on_disk, digits) == audit_stamp{test::at(9), 4});
  CHECK(indexes({}) == numbers{4, 3, 2});
  CHECK(indexes({test::at(5), 3}) == numbers{2, 1});
  CHECK(indexes({test::at(5), 4}) == numbers{3, 2, 1});
  CHECK(indexes({test::at(1), 0}).empty());
}

TEST_CASE_METHOD(fixture, "an entry comes back as it was", "[audit]") {
  const auto entry = test::sample_audit();
  put(digits, entry);
  CHECK(scan_audit(*on_disk, digits, {}, [&](const audit_entry& read) {
          CHECK(read == entry);
          return true;
        }).ok());
}

TEST_CASE("a stamp never goes back, whatever the clock does", "[audit]") {
  const audit_stamp last{test::at(5), 7};
  CHECK(last.next(test::at(9)) == audit_stamp{test::at(9), 8});
  CHECK(last.next(test::at(2)) == audit_stamp{test::at(5), 8});
}
