#include "history_fixture.hpp"

using namespace ratchet;
using namespace ratchet::storage;
using namespace ratchet::test;

namespace {

/// Ten events, each a block of its own.
struct fixture : history_fixture {
  fixture() : history_fixture{{.block_bytes = 1}} {
    loop = add_loop("digits");
    for (int i = 1; i <= 10; ++i)
      append(make_batch("digits", {interaction("id-" + std::to_string(i))}));
  }

  loop_number loop;
};

} // namespace

TEST_CASE_METHOD(
  fixture, "while a hold lives nothing is dropped", "[storage][history]") {
  retain(loop, {3});
  {
    const auto first_hold = log->hold(loop);
    const auto second_hold = log->hold(loop);
    REQUIRE(first_hold.ok());
    CHECK(first_hold->first == sequence{3});
    retain(loop, {5});
    CHECK(log->first(loop) == sequence{3});
  }
  retain(loop, {5});
  CHECK(log->first(loop) == sequence{5});
  CHECK(log->hold(loop_number{99}).err().code == errc::not_found);
}

TEST_CASE_METHOD(
  fixture, "a hold says what stays after a drop that is on its way",
  "[storage][history]") {
  write_batch batch;
  REQUIRE(log->retain(loop, {5}, batch).ok());
  CHECK(log->first(loop) == sequence{1});
  const auto hold = log->hold(loop);
  CHECK(hold->first == sequence{5});
  log->seal(batch);
  REQUIRE(db->commit(batch).ok());
  log->committed();
  CHECK(log->first(loop) == sequence{5});
}

TEST_CASE_METHOD(
  fixture, "a group that drops twice keeps what the stricter one left",
  "[storage][history]") {
  write_batch batch;
  REQUIRE(log->retain(loop, {7}, batch).ok());
  REQUIRE(log->retain(loop, {4}, batch).ok());
  log->seal(batch);
  REQUIRE(db->commit(batch).ok());
  log->committed();
  const auto check = [&] {
    CHECK(log->first(loop) == sequence{7});
    CHECK(ids(loop).front() == "id-7");
    CHECK(log->stored_bytes(loop).ok());
  };
  check();
  reopen();
  check();
}

TEST_CASE_METHOD(
  fixture, "a drop whose commit fails has not happened", "[storage][history]") {
  broken = true;
  write_batch batch;
  REQUIRE(log->retain(loop, {5}, batch).ok());
  log->seal(batch);
  CHECK_FALSE(db->commit(batch).ok());
  log->abandoned();
  CHECK(log->first(loop) == sequence{1});
  CHECK(log->hold(loop)->first == sequence{1});
  CHECK(log->stored_bytes(loop).ok());
  broken = false;
  reopen();
  CHECK(ids(loop).size() == 10);
}

TEST_CASE_METHOD(
  fixture, "files of dropped events go, shared ones when they are rewritten",
  "[storage][history][compaction]") {
  const auto add_large = [&](const std::string& id) {
    auto large = interaction(id);
    large.input = '"' + std::string(200'000, 'x') + '"';
    append(make_batch("digits", {large}));
  };
  const auto write_out = [&] {
    REQUIRE(db->reclaim_history(reclaim_depth::whole_files).ok());
  };
  add_large("large-1"); // 11, in a file of its own
  write_out();
  add_large("large-2"); // 12, in a file with 13
  add_large("large-3");
  write_out();
  const auto all = db->stats().history_bytes;
  CHECK(all > 600'000);
  retain(loop, {13});
  write_out();
  const auto whole = db->stats().history_bytes;
  CHECK(whole < all - 200'000);
  CHECK(whole > 400'000);
  REQUIRE(db->reclaim_history(reclaim_depth::mixed_files).ok());
  CHECK(db->stats().history_bytes < whole - 200'000);
  CHECK(ids(loop) == std::vector<std::string>{"large-3"});
  reopen();
  CHECK(ids(loop) == std::vector<std::string>{"large-3"});
}

TEST_CASE_METHOD(
  fixture, "a reclaim can be called off, which harms nothing",
  "[storage][history][compaction]") {
  db->cancel_reclaim();
  const auto reclaimed = db->reclaim_history();
  REQUIRE_FALSE(reclaimed.ok());
  CHECK(reclaimed.err().code == errc::canceled);
  CHECK(append(make_batch("digits", {interaction("new")})).accepted == 1);
  CHECK(db->health().ok());
}
