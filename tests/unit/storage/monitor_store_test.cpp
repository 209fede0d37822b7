#include "storage/monitor_store.hpp"

#include "base/bytes.hpp"
#include "storage/keys.hpp"
#include "temp_dir.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <vector>

using namespace ratchet;
using namespace ratchet::storage;
using namespace std::chrono_literals;

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

analysis::history_plan sample_plan() {
  return {{3h, 1h, 24h}, 2h, 3h};
}

/// Of a number, by one attribute.
void observe(analysis::metric_history& history, double value, duration at) {
  const std::vector<analysis::metric_key> places{
    {"stars", version_number{3}, analysis::slice_scope::overall, {}, {}},
    {"stars", version_number{3}, analysis::slice_scope::slice, "writer", "a"}};
  const auto time = from_ms(1'000 * 3'600'000LL) + at;
  history.add(places, value, time, time, true);
}

/// In the middle of an alarm.
analysis::drop_watch sample_watch() {
  auto watch = analysis::begin_watch(
    "stars", {0, 5, 4, false, 30, 3, 1'000}, {9, version_number{3}});
  for (int i = 0; i < 500; ++i)
    analysis::observe(
      watch, i < 100 ? 5 : 2.5, from_ms(1'000'000 + i * 60'000));
  analysis::observe(watch, 6, from_ms(8'000'000));
  return watch;
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

TEST_CASE_METHOD(
  fixture, "metrics over time come back as they were put", "[monitor]") {
  CHECK(load_history(*shard, digits)->plan() == analysis::history_plan{});
  analysis::metric_history history{sample_plan()};
  const auto put_all = [&] {
    write_batch batch;
    put_history(batch, digits, history);
    REQUIRE(shard->commit(batch).ok());
    return batch.ops().size();
  };
  observe(history, 0.25, 0h);
  CHECK(put_all() == 1 + 2 + 2); // Marks, two cells, two panes.
  observe(history, 17, 1h);
  CHECK(put_all() == 1 + 2 + 2);
  CHECK(put_all() == 0);
  const auto expect_same = [&] {
    const auto back = load_history(*shard, digits);
    REQUIRE(back.ok());
    CHECK(back->plan() == history.plan());
    CHECK(back->marks() == history.marks());
    CHECK(back->cells() == history.cells());
    CHECK(back->panes() == history.panes());
  };
  expect_same();
  CHECK(history.panes().size() == 2);
  observe(history, 1, 100h); // Beyond what is kept: the others go.
  CHECK(put_all() == 1 + 2 + 2 + 4);
  CHECK(history.panes().size() == 1);
  expect_same();
  // The light reading does not see them, and is not disturbed.
  CHECK(load_monitor(*shard, digits)->metrics.cells().empty());
}

TEST_CASE_METHOD(
  fixture, "watches for drops come back as they were put", "[monitor]") {
  auto state = sample();
  state.drops.all = {{"a", sample_watch()}, {"b", sample_watch()}};
  state.drops.changed = {"a", "b"};
  put(state);
  CHECK(load_monitor(*shard, digits)->drops.all == state.drops.all);
  analysis::observe(state.drops.all.at("a"), 1, from_ms(9'000'000));
  state.drops.changed = {"a", "b"};
  state.drops.all.erase("b");
  put(state);
  const auto back = load_monitor(*shard, digits);
  REQUIRE(back.ok());
  CHECK(back->drops.all == state.drops.all);
  CHECK(back->drops.changed.empty());
  CHECK(back->metrics.cells() == state.metrics.cells());
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

TEST_CASE("the bytes of metrics over time are what they were", "[monitor]") {
  analysis::metric_history history{sample_plan()};
  observe(history, 0.25, 0h);
  auto state = sample();
  (void)state.metrics.take_changed();
  state.drops.all = {{"drop_of(\"accuracy\")", sample_watch()}};
  state.drops.changed = {"drop_of(\"accuracy\")"};
  write_batch batch;
  put_history(batch, digits, history);
  put_monitor(batch, digits, state);
  REQUIRE(batch.ops().size() == 7);
  const auto key = [&](std::size_t i) {
    return to_hex(std::string_view{batch.ops()[i].key});
  };
  const auto value = [&](std::size_t i) {
    return to_hex(std::string_view{batch.ops()[i].value});
  };
  CHECK(key(0) == "24000000016f7665722074696d65");
  CHECK(
    value(0) ==
    "070202003cef47b6010280cba4000000000080ee360000000000005c26050000"
    "000000dd6d000000000080cba400000000000000a493d6000000000000000000"
    "00000000000000000000000000000000000000");
  CHECK(
    key(1) ==
    "24000000016c6976652001050000000000000073746172730300000000000000"
    "0100000000000000000000000000000000");
  CHECK(
    value(1) ==
    "070202004be851a2010305000000000000007374617273030000000000000001"
    "0000000000000000000000000000000080cba400000000000000a493d6000000"
    "00000000000000f03f000000000000f03f000000000000d03f00000000000000"
    "0000bbffffff0100000000000000010000000000000000000000000000000000"
    "0000000000000000000000");
  CHECK(
    key(3) ==
    "240000000170616e652001e80300000000000005000000000000007374617273"
    "03000000000000000100000000000000000000000000000000");
  CHECK(
    value(3) ==
    "070202001c96b1890104e8030000000000000500000000000000737461727303"
    "0000000000000001000000000000000000000000000000000100000000000000"
    "0000004000000000000000000000000000000000000000100000000000000000"
    "000000000000000000bbffffff01000000000000000100000000000000000000"
    "000000000000000000000000000000000000");
  CHECK(
    value(4) ==
    "07020200fc6244d80104e8030000000000000500000000000000737461727303"
    "0000000000000002060000000000000077726974657201000000000000006101"
    "0000000000000000000040000000000000000000000000000000000000001000"
    "00000000000000000000000000000001");
  CHECK(key(6) == "240000000164726f702064726f705f6f66282261636375726163792229");
  CHECK(
    value(6) ==
    "07020200be69689f0105130000000000000064726f705f6f6628226163637572"
    "6163792229050000000000000073746172730000000000000000000000000000"
    "14400000000000001040000000000000003e400000000000000840e803000000"
    "000000090000000000000003000000000000009a9999999999e93f01f4010000"
    "000000000409c7a68571fc3f83d9613cd0511640c56e1d4130b84340769b33e2"
    "e11f904022169d0585df0941248a9e81c535d0417c7452913f7c0643b27f9fb3"
    "e4f7e844f40100000000000000000000dc050000000000000000000000000000"
    "0000000088130000000000000000000000000000c9ffffffffff5d4090010000"
    "0000000000000000e803000000000000000000000000000000000000c4090000"
    "000000000000000000000000c0cf6a0000000000601bd80100000000000202ef"
    "7bcc4aa3094000000000000008409700000000000000757dba3e5d9f10403300"
    "0000000000000000000000000440c0cf6a000000000080969800000000004de7"
    "dfdde1370c4056eb74d97c5d12400003d89c8900c7893f400000000000003e40"
    "a70000000000000014d58346def90f4043000000000000000000000000000440"
    "c0cf6a0000000000803ca70000000000c81bbd6d6d220b40ce4f29f470ce1140"
    "0100000000000000");
}
