#include "storage/loop_journal.hpp"

#include "base/bytes.hpp"
#include "storage/keys.hpp"
#include "storage/record.hpp"
#include "temp_dir.hpp"
#include "workflow_golden.hpp"
#include "workflow_samples.hpp"

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

  void commit(const write_batch& batch) { REQUIRE(shard->commit(batch).ok()); }

  /// Records an event of a loop as the supervisor does.
  void add(workflows::loop_state& state, const workflows::loop_event& event) {
    write_batch batch;
    record(batch, digits, state.event_count, event);
    workflows::apply(state, event);
    put_state(batch, digits, state);
    commit(batch);
  }

  void
  add(iteration_number n, const std::vector<workflows::iteration_event>& all) {
    write_batch batch;
    std::uint32_t index = 0;
    for (const auto& event : all)
      record(batch, digits, n, index++, event);
    commit(batch);
  }

  test::temp_dir dir;
  std::unique_ptr<store> shard;
  loop_journal journal() const { return loop_journal{*shard}; }
};

/// An iteration of the sample definition that was rejected.
std::vector<workflows::iteration_event> turn(iteration_number n) {
  using namespace workflows;
  auto start = test::sample_start();
  start.number = n;
  start.fingerprint = fingerprint(test::sample_definition());
  return {
    start,
    attempt_started{"train", 1, test::at(2), test::at(3602)},
    stage_succeeded{"train", 1, test::at(3), test::sample_output()},
    attempt_started{"no regression", 1, test::at(3), test::at(3603)},
    gate_refused{"no regression", 1, test::at(4), test::sample_output()},
    iteration_ended{iteration_outcome::rejected, "", test::at(4)}};
}

workflows::iteration
fold(const std::vector<workflows::iteration_event>& events) {
  workflows::iteration it;
  for (const auto& event : events)
    workflows::apply(test::sample_definition(), it, event);
  return it;
}

} // namespace

TEST_CASE_METHOD(
  fixture, "loops are numbered once, in order, and keep their number",
  "[journal]") {
  write_batch first;
  const auto given = journal().register_loops(first, {"b", "a", "b"});
  REQUIRE(given.ok());
  CHECK(*given == std::vector{loop_number{1}, loop_number{2}, loop_number{1}});
  CHECK(journal().find_loop("b").err().code == errc::not_found);
  commit(first);

  write_batch second;
  CHECK(
    *journal().register_loops(second, {"c", "a"}) ==
    std::vector{loop_number{3}, loop_number{2}});
  CHECK(second.ops().size() == 1);
  commit(second);
  CHECK(*journal().find_loop("c") == loop_number{3});
  CHECK(
    *journal().loops() ==
    std::map<std::string, loop_number>{
      {"a", loop_number{2}}, {"b", loop_number{1}}, {"c", loop_number{3}}});
}

TEST_CASE_METHOD(
  fixture, "a state of an older layout is folded anew from its events",
  "[journal]") {
  workflows::loop_state state;
  for (const auto& event : test::loop_samples_2())
    add(state, event);
  std::string older;
  for (const auto& [name, hex] : test::second_records())
    if (name == "loop state" && hex.substr(2, 2) == "02")
      older = test::from_hex(hex);
  REQUIRE(older.size() > record_header_size);
  write_batch batch;
  batch.put(column::control, loop_state_key{digits}.encode(), older);
  commit(batch);
  CHECK(*journal().load_state(digits) == state);
}

TEST_CASE_METHOD(
  fixture, "a loop's state is the fold of its events", "[journal]") {
  CHECK(*journal().load_state(digits) == workflows::loop_state{});
  workflows::loop_state state;
  for (const auto& event : test::loop_samples())
    add(state, event);
  CHECK(*journal().load_state(digits) == state);
  const auto events = journal().loop_events(digits, 0, 100);
  REQUIRE(events.ok());
  CHECK(*events == test::loop_samples());

  const auto page = journal().loop_events(digits, 2, 3);
  REQUIRE(page->size() == 3);
  CHECK((*page)[0] == test::loop_samples()[2]);
  CHECK(journal().loop_events(digits, 100, 3)->empty());
  CHECK(journal().loop_events(digits, 0, 0)->empty());
  CHECK(journal().loop_events(loop_number{2}, 0, 100)->empty());
}

TEST_CASE_METHOD(
  fixture, "a gap in a loop's journal is corruption", "[journal]") {
  workflows::loop_state state;
  for (const auto& event : test::loop_samples())
    add(state, event);
  write_batch batch;
  batch.erase(column::control, loop_event_key{digits, 3}.encode());
  commit(batch);
  const auto events = journal().loop_events(digits, 0, 100);
  REQUIRE(events.err().code == errc::corruption);
  CHECK(
    events.err().message ==
    "loop number 1: event 3 is missing; the next one is 4");
  CHECK(journal().loop_events(digits, 0, 3).ok());
  CHECK(journal().verify(digits).err().code == errc::corruption);
}

TEST_CASE_METHOD(
  fixture, "events without a state are corruption", "[journal]") {
  workflows::loop_state state;
  add(state, test::loop_samples()[0]);
  write_batch batch;
  batch.erase(column::control, loop_state_key{digits}.encode());
  commit(batch);
  CHECK(journal().load_state(digits).err().code == errc::corruption);
}

TEST_CASE_METHOD(
  fixture, "an iteration is the fold of its own events", "[journal]") {
  // Neighbors on both sides, whose keys differ in the last byte or the first.
  for (const std::uint64_t n : {1, 255, 256, 257})
    add(iteration_number{n}, turn(iteration_number{n}));
  const auto plan = test::sample_definition();
  const auto it = journal().load_iteration(digits, iteration_number{256}, plan);
  REQUIRE(it.ok());
  CHECK(*it == fold(turn(iteration_number{256})));
  CHECK(it->outcome == workflows::iteration_outcome::rejected);
  CHECK(
    journal().load_iteration(digits, iteration_number{2}, plan).err().code ==
    errc::not_found);
}

TEST_CASE_METHOD(
  fixture, "an iteration's journal starts with its start and has no gap",
  "[journal]") {
  const iteration_number n{7};
  auto events = turn(n);
  std::string expected;
  SECTION("a gap") {
    add(n, events);
    write_batch batch;
    batch.erase(column::control, iteration_event_key{digits, n, 2}.encode());
    commit(batch);
    expected = "event 2 is missing; the next one is 3";
  }
  SECTION("the first is lost") {
    add(n, events);
    write_batch batch;
    batch.erase(column::control, iteration_event_key{digits, n, 0}.encode());
    commit(batch);
    expected = "event 0 is missing; the next one is 1";
  }
  SECTION("another first") {
    events.erase(events.begin());
    add(n, events);
    expected = "event 0 is no start";
  }
  SECTION("two starts") {
    events.push_back(events.front());
    add(n, events);
    expected = "event 6 is a second start";
  }
  SECTION("that of another iteration") {
    add(n, turn(iteration_number{8}));
    expected = "its journal begins with the start of iteration 8";
  }
  SECTION("a record of another kind") {
    add(n, events);
    write_batch batch;
    batch.put(
      column::control, iteration_event_key{digits, n, 1}.encode(),
      seal_record(record_kind::alias, {}, "x"));
    commit(batch);
    expected = "event 1: iteration_event record expected, found alias";
  }
  const auto found = journal().iteration_events(digits, n);
  REQUIRE(found.err().code == errc::corruption);
  CHECK(found.err().message == "loop number 1: iteration 7: " + expected);
}

TEST_CASE_METHOD(
  fixture, "summaries come newest first, page by page", "[journal]") {
  write_batch batch;
  for (std::uint64_t n = 1; n <= 5; ++n) {
    auto summary = test::sample_summary();
    summary.start.number = iteration_number{n};
    put_summary(batch, digits, summary);
    put_summary(batch, loop_number{2}, summary);
  }
  commit(batch);
  const auto numbers = [&](std::uint64_t before, std::size_t limit) {
    std::vector<std::uint64_t> out;
    const auto page =
      journal().summaries(digits, iteration_number{before}, limit);
    REQUIRE(page.ok());
    for (const auto& summary : *page)
      out.push_back(summary.start.number.value);
    return out;
  };
  CHECK(numbers(0, 2) == std::vector<std::uint64_t>{5, 4});
  CHECK(numbers(4, 2) == std::vector<std::uint64_t>{3, 2});
  CHECK(numbers(2, 2) == std::vector<std::uint64_t>{1});
  CHECK(numbers(1, 2).empty());
  CHECK(
    journal().load_summary(digits, iteration_number{5})->start.number.value ==
    5);
  CHECK(
    journal().load_summary(digits, iteration_number{6}).err().code ==
    errc::not_found);
}

TEST_CASE_METHOD(
  fixture, "verify holds all that is kept against the journals", "[journal]") {
  using namespace workflows;
  const auto plan = test::sample_definition();
  const auto print = fingerprint(plan);
  const iteration_number n{1};
  loop_state state;
  add(state, loop_adopted{test::at(0)});
  add(
    state,
    iteration_requested{
      n, print, "by hand", "ann", {}, {}, {}, {}, test::at(1)});
  add(n, turn(n));
  add(state, iteration_closed{n, iteration_outcome::rejected, test::at(4)});
  write_batch batch;
  put_definition(batch, digits, print, plan);
  put_summary(batch, digits, summarize(fold(turn(n))));
  commit(batch);
  const auto sound = journal().verify(digits);
  if (!sound)
    FAIL(sound.err().message);

  write_batch wrong;
  std::string expected;
  SECTION("the state") {
    state.champion = version_number{9};
    put_state(wrong, digits, state);
    expected = "loop number 1: its state is not the fold of its events";
  }
  SECTION("a summary") {
    auto summary = summarize(fold(turn(n)));
    summary.outcome = iteration_outcome::promoted;
    put_summary(wrong, digits, summary);
    expected =
      "loop number 1: iteration 1: its summary is not that of its journal";
  }
  SECTION("a definition") {
    auto other = plan;
    other.max_in_flight = 9;
    put_definition(wrong, digits, print, other);
    expected = "loop number 1: iteration 1: its definition " + print +
      " has fingerprint " + fingerprint(other);
  }
  SECTION("a sleeper") {
    put_sleeper(wrong, digits, n, test::at(9));
    expected = "loop number 1: iteration 1: it is kept as asleep, and its "
               "journal says otherwise";
  }
  SECTION("a journal that is gone") {
    const auto range = iteration_event_key::within(digits, n);
    wrong.erase_range(column::control, range.from, range.to);
    expected = "loop number 1: iteration 1: loop number 1: iteration 1 is not "
               "in the store";
  }
  commit(wrong);
  const auto found = journal().verify(digits);
  REQUIRE(found.err().code == errc::corruption);
  CHECK(found.err().message == expected);
}

TEST_CASE_METHOD(
  fixture,
  "a large state is written now and then, and read as of the last event",
  "[journal]") {
  using namespace workflows;
  constexpr std::uint64_t many = 500;
  loop_state state;
  std::uint64_t written = 0;
  const auto take = [&](const std::vector<loop_event>& events) {
    write_batch batch;
    const auto before = state.event_count;
    for (const auto& event : events) {
      record(batch, digits, state.event_count, event);
      apply(state, event);
    }
    if (state_is_due(before, state)) {
      ++written;
      put_state(batch, digits, state);
    }
    commit(batch);
    REQUIRE(*journal().load_state(digits) == state);
  };
  for (std::uint64_t n = 1; n <= many; n += 2) {
    iteration_requested one;
    one.number = iteration_number{n};
    auto other = one;
    other.number = iteration_number{n + 1};
    take({one, other});
    // While it is small each batch holds it.
    if (n + 1 == 126)
      CHECK(written == 63);
  }
  // Of 250 batches; by a separate count of the multiples that they pass.
  CHECK(written == 164);
  for (std::uint64_t n = 1; n <= many; ++n)
    take({iteration_closed{
      iteration_number{n}, iteration_outcome::completed, test::at(9)}});
  CHECK(journal().load_state(digits)->running.empty());
}

TEST_CASE_METHOD(
  fixture, "a sleeper is kept until it is erased, loop by loop", "[journal]") {
  using sleepers = std::map<iteration_number, time_point>;
  const iteration_number last{1ULL << 40U};
  write_batch batch;
  put_sleeper(batch, digits, last, test::at(9));
  put_sleeper(batch, digits, iteration_number{2}, test::at(5));
  put_sleeper(batch, loop_number{2}, iteration_number{3}, test::at(7));
  commit(batch);
  CHECK(
    *journal().sleepers(digits) ==
    sleepers{{iteration_number{2}, test::at(5)}, {last, test::at(9)}});

  write_batch next;
  erase_sleeper(next, digits, last);
  erase_sleeper(next, digits, iteration_number{77});
  put_sleeper(next, digits, iteration_number{2}, test::at(6));
  commit(next);
  CHECK(
    *journal().sleepers(digits) ==
    sleepers{{iteration_number{2}, test::at(6)}});
  const auto bytes = shard->get(
    column::control, sleeper_key{digits, iteration_number{2}}.encode());
  REQUIRE(bytes.ok());
  CHECK(to_hex(**bytes) == "10010100f0b4156401708350c4a0010000");
}

TEST_CASE_METHOD(
  fixture, "a definition is found by its fingerprint", "[journal]") {
  const auto plan = test::sample_definition();
  const auto print = workflows::fingerprint(plan);
  write_batch batch;
  put_definition(batch, digits, print, plan);
  commit(batch);
  const auto found = journal().load_definition(digits, print);
  REQUIRE(found.ok());
  CHECK(workflows::fingerprint(*found) == print);
  CHECK(
    journal().load_definition(digits, "another").err().code == errc::not_found);
  CHECK(
    journal().load_definition(loop_number{2}, print).err().code ==
    errc::not_found);
}
