#include "storage/monitor_store.hpp"

#include "base/bytes.hpp"
#include "storage/keys.hpp"
#include "temp_dir.hpp"

#include <catch2/catch.hpp>

#include <memory>

using namespace ratchet;
using namespace ratchet::storage;

namespace {

constexpr loop_number digits{1};

struct fixture {
  fixture() {
    store_options options;
    options.directory = dir.path();
    auto opened = store::open(std::move(options));
    if (!opened)
      FAIL(opened.err().message);
    shard = std::move(*opened);
  }
  void put(monitor_state& state) {
    write_batch batch;
    put_monitor(batch, digits, state);
    REQUIRE(shard->commit(batch).ok());
  }

  test::temp_dir dir;
  std::unique_ptr<store> shard;
};

void observe(monitor_state& state, double value, const std::string& writer) {
  REQUIRE(state.metrics
            .add({"accuracy", version_number{3}, value, {{"writer", writer}}})
            .ok());
}

monitor_state sample() {
  monitor_state state;
  state.cursor = sequence{41};
  state.joined = {{"correction", 312}, {"verdict", 7}};
  observe(state, 1, "a");
  observe(state, 0.25, std::string("b\0c", 3)); // Any byte may be in a name.
  observe(state, -3, "b");
  return state;
}

} // namespace

TEST_CASE_METHOD(
  fixture, "a monitor's state comes back as it was put", "[monitor]") {
  const auto fresh = load_monitor(*shard, digits);
  REQUIRE(fresh.ok());
  CHECK(fresh->cursor == sequence{0});
  CHECK(load_monitor_cursor(*shard, digits).value() == sequence{0});
  CHECK(fresh->metrics.cells().empty());

  auto state = sample();
  put(state);
  observe(state, 1, "a");
  state.cursor = sequence{42};
  put(state);
  const auto back = load_monitor(*shard, digits);
  REQUIRE(back.ok());
  CHECK(back->cursor == sequence{42});
  CHECK(load_monitor_cursor(*shard, digits).value() == sequence{42});
  CHECK(back->joined == state.joined);
  CHECK(back->metrics.cells() == state.metrics.cells());
  CHECK(back->metrics.cells().size() == 4); // Overall, and three writers.
}

TEST_CASE_METHOD(fixture, "only cells that changed are put", "[monitor]") {
  auto state = sample();
  put(state);
  write_batch batch;
  put_monitor(batch, digits, state);
  CHECK(batch.ops().size() == 1);
  observe(state, 1, "a"); // Overall, and writer a.
  put_monitor(batch, digits, state);
  CHECK(batch.ops().size() == 1 + 3);
}

TEST_CASE_METHOD(
  fixture, "a cell under the key of another is corruption", "[monitor]") {
  auto state = sample();
  write_batch batch;
  put_monitor(batch, digits, state);
  const auto& ops = batch.ops();
  REQUIRE(ops.size() == 5);
  write_batch swapped;
  swapped.put(ops[1].where, ops[1].key, ops[2].value);
  REQUIRE(shard->commit(swapped).ok());
  const auto loaded = load_monitor(*shard, digits);
  REQUIRE(loaded.err().code == errc::corruption);
  CHECK(
    loaded.err().message ==
    "loop number 1: monitor: a cell of metric \"accuracy\" has the key of "
    "another");
}

// A release has written these; docs/formats/control.md says what they are.
TEST_CASE("the bytes of a monitor are what they were", "[monitor]") {
  auto state = sample();
  write_batch batch;
  put_monitor(batch, digits, state);
  REQUIRE(batch.ops().size() == 5);
  CHECK(
    to_hex(std::string_view{batch.ops()[0].value}) ==
    "07010100c7aca5a90100290000000000000002000000000000000a0000000000"
    "0000636f7272656374696f6e3801000000000000070000000000000076657264"
    "6963740700000000000000");
  CHECK(
    to_hex(std::string_view{batch.ops()[2].key}) ==
    "240000000163656c6c2001080000000000000061636375726163790300000000"
    "000000020600000000000000777269746572010000000000000061");
  CHECK(
    to_hex(std::string_view{batch.ops()[2].value}) ==
    "07010100b98d29d8010108000000000000006163637572616379030000000000"
    "0000020600000000000000777269746572010000000000000061010000000000"
    "0000000000000100000000000000000000000000000000000000010000000000"
    "00000000000000000000");
}
