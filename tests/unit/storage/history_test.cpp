#include "storage/history.hpp"

#include "history_fixture.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace ratchet;
using namespace ratchet::storage;
using test::feedback;
using test::history_fixture;
using test::interaction;
using test::make_batch;
using texts = std::vector<std::string>;

TEST_CASE(
  "events get dense sequences and come back in order", "[storage][history]") {
  history_fixture t;
  const auto loop = t.add_loop("digits");
  const auto first = t.append(
    make_batch("digits", {interaction("a"), interaction("b")}, from_ms(1000)));
  CHECK(first.accepted == 2);
  CHECK(first.end == sequence{2});
  t.append(make_batch("digits", {feedback("a", "b")}, from_ms(2000)));

  const auto events = t.all(loop);
  REQUIRE(events.size() == 3);
  CHECK(events[0] == stored_event{{1}, from_ms(1000), interaction("a")});
  CHECK(events[1] == stored_event{{2}, from_ms(1000), interaction("b")});
  CHECK(events[2] == stored_event{{3}, from_ms(2000), feedback("a", "b")});
  CHECK(t.log->end(loop) == sequence{3});
  CHECK(t.log->first(loop) == sequence{1});
}

TEST_CASE(
  "the same id is a duplicate or a conflict, by content",
  "[storage][history]") {
  history_fixture t;
  const auto loop = t.add_loop("digits");
  t.append(make_batch("digits", {feedback("f", "i", "3")}));
  const auto outcome = t.append(make_batch(
    "digits",
    {feedback("f", "i", "3"), feedback("g", "i", "4"), feedback("f", "i", "5"),
     interaction("f")}));
  // An interaction's ids are not those of feedback.
  CHECK(outcome.accepted == 2);
  CHECK(outcome.duplicates == 1);
  REQUIRE(outcome.conflicts.size() == 1);
  CHECK(outcome.conflicts[0].body_index == 2);
  CHECK(outcome.conflicts[0].id == "f");
  CHECK(outcome.end == sequence{3});
  CHECK(t.ids(loop) == texts{"f", "g", "f"});
  const auto kept = t.log->find(loop, event_kind::feedback, "f");
  REQUIRE(kept.ok());
  CHECK((**kept).content == feedback("f", "i", "3"));
}

TEST_CASE(
  "copies are found within a body, a group, and a group in flight",
  "[storage][history]") {
  history_fixture t;
  const auto loop = t.add_loop("digits");
  const auto one =
    t.stage(make_batch("digits", {interaction("a"), interaction("a")}));
  CHECK(one.accepted == 1);
  CHECK(one.duplicates == 1);
  const auto two =
    t.stage(make_batch("digits", {interaction("a"), interaction("b")}));
  CHECK(two.accepted == 1);
  CHECK(two.duplicates == 1);

  write_batch first;
  t.log->seal(first);
  const auto three = t.stage(make_batch(
    "digits", {interaction("b"), interaction("c"), interaction("a", "x")}));
  CHECK(three.accepted == 1);
  CHECK(three.duplicates == 1);
  CHECK(three.conflicts.size() == 1);
  CHECK(three.end == sequence{3});
  CHECK(t.log->end(loop) == sequence{0});

  REQUIRE(t.db->commit(first).ok());
  t.log->committed();
  CHECK(t.ids(loop) == texts{"a", "b"});
  t.commit();
  CHECK(t.ids(loop) == texts{"a", "b", "c"});
}

TEST_CASE("loops do not know each other's ids", "[storage][history]") {
  history_fixture t;
  const auto one = t.add_loop("one");
  const auto two = t.add_loop("two");
  CHECK(one != two);
  t.stage(make_batch("one", {interaction("a")}));
  CHECK(t.stage(make_batch("two", {interaction("a", "x")})).accepted == 1);
  t.commit();
  CHECK(t.append(make_batch("two", {interaction("a")})).conflicts.size() == 1);
  CHECK(t.ids(one) == texts{"a"});
  CHECK(t.log->find(one, event_kind::interaction, "a")->value().seq.value == 1);
  const auto unknown = t.log->stage(make_batch("three", {interaction("a")}));
  CHECK(unknown.err().code == errc::not_found);
  t.reopen();
  CHECK(t.log->loop_number_of("two").value() == two);
  CHECK(t.add_loop("three").value == two.value + 1);
  CHECK(t.log->loops() == texts{"one", "two", "three"});
}

TEST_CASE("an abandoned group leaves no trace", "[storage][history]") {
  history_fixture t;
  const auto loop = t.add_loop("digits");
  t.append(make_batch("digits", {interaction("a")}));
  t.stage(make_batch("digits", {interaction("b", "u")}));
  write_batch batch;
  t.log->seal(batch);
  t.stage(make_batch("digits", {interaction("c")}));
  t.broken = true;
  CHECK(t.db->commit(batch).err().code == errc::io_error);
  t.log->abandoned();
  t.broken = false;

  CHECK(t.ids(loop) == texts{"a"});
  CHECK_FALSE(t.log->find(loop, event_kind::interaction, "b")->has_value());
  CHECK(t.log->of_subject(loop, "u", {})->events.empty());
  // Had deduplication remembered it, the retry would be lost.
  const auto again = t.stage(make_batch("digits", {interaction("b", "u")}));
  CHECK(again.accepted == 1);
  CHECK(again.end == sequence{2});
  t.log->abandoned();

  t.reopen();
  CHECK(t.ids(loop) == texts{"a"});
  const auto retried = t.append(make_batch("digits", {interaction("b", "u")}));
  CHECK(retried.accepted == 1);
  CHECK(t.ids(loop) == texts{"a", "b"});
}

TEST_CASE("events are found by what they speak of", "[storage][history]") {
  history_fixture t;
  const auto loop = t.add_loop("digits");
  t.append(make_batch(
    "digits",
    {feedback("f1", "i1", "1", "ann"), interaction("i1", "ann"),
     interaction("i2", "bob"), feedback("f2", "i1", "2", "bob"),
     feedback("f3", "i2", "3", "ann")}));
  const auto ids_of = [](const std::vector<stored_event>& events) {
    texts out;
    for (const auto& e : events)
      out.push_back(e.content.id);
    return out;
  };
  CHECK(ids_of(t.log->feedback_of(loop, "i1").value()) == texts{"f1", "f2"});
  CHECK(ids_of(t.log->feedback_of(loop, "i1", 1).value()) == texts{"f1"});
  CHECK(t.log->feedback_of(loop, "i3")->empty());

  auto page = t.log->of_subject(loop, "ann", {}, {.events = 2});
  REQUIRE(page.ok());
  CHECK(ids_of(page->events) == texts{"f1", "i1"});
  CHECK_FALSE(page->at_end);
  page = t.log->of_subject(loop, "ann", page->next, {.events = 2});
  CHECK(ids_of(page->events) == texts{"f3"});
  CHECK(page->at_end);
}

TEST_CASE(
  "a page ends at its limits and goes on behind", "[storage][history]") {
  history_fixture t{{.block_bytes = 64}};
  const auto loop = t.add_loop("digits");
  std::vector<event> events;
  for (int i = 0; i < 20; ++i)
    events.push_back(interaction("id-" + std::to_string(i)));
  t.append(make_batch("digits", events));

  auto page = t.log->read(loop, {4}, {.events = 5});
  REQUIRE(page.ok());
  CHECK(page->events.front().seq == sequence{5});
  CHECK(page->events.back().seq == sequence{9});
  CHECK(page->next == sequence{9});
  CHECK_FALSE(page->at_end);
  // Even one that is larger than the limit is given, or no one gets past it.
  page = t.log->read(loop, {4}, {.events = 5, .bytes = 1});
  CHECK(page->events.size() == 1);
  page = t.log->read(loop, {15}, {.events = 5});
  CHECK(page->events.size() == 5);
  CHECK(page->at_end);
  page = t.log->read(loop, {20});
  CHECK(page->events.empty());
  CHECK(page->next == sequence{20});
  CHECK(page->at_end);
}

TEST_CASE(
  "the time of receipt never falls within a loop", "[storage][history]") {
  history_fixture t;
  const auto loop = t.add_loop("digits");
  t.append(make_batch("digits", {interaction("a")}, from_ms(5000)));
  t.append(make_batch("digits", {interaction("b")}, from_ms(3000)));
  t.reopen();
  t.stage(make_batch("digits", {interaction("c")}, from_ms(4000)));
  t.stage(make_batch("digits", {interaction("d")}, from_ms(6000)));
  t.commit();
  std::vector<std::int64_t> received;
  for (const auto& e : t.all(loop))
    received.push_back(to_ms(e.received));
  CHECK(received == std::vector<std::int64_t>{5000, 5000, 5000, 6000});
}

TEST_CASE("retention drops whole blocks and their ids", "[storage][history]") {
  history_fixture t{{.block_bytes = 1}}; // One event each.
  const auto loop = t.add_loop("digits");
  for (int i = 0; i < 10; ++i)
    t.append(make_batch(
      "digits", {interaction("id-" + std::to_string(i), "ann")},
      from_ms(1000 * i)));

  CHECK(t.log->first_since(loop, from_ms(4000)).value() == sequence{5});
  CHECK(t.log->first_since(loop, from_ms(4001)).value() == sequence{6});
  CHECK(t.log->first_since(loop, from_ms(99'000)).value() == sequence{11});
  const auto bytes = t.log->stored_bytes(loop).value();
  CHECK(t.log->first_within(loop, bytes).value() == sequence{1});
  CHECK(t.log->first_within(loop, bytes / 2).value() == sequence{6});
  CHECK(t.log->first_within(loop, 0).value() == sequence{11});

  t.retain(loop, {6});
  const auto check = [&] {
    CHECK(t.log->first(loop) == sequence{6});
    CHECK(t.log->end(loop) == sequence{10});
    CHECK(t.log->stored_bytes(loop).value() == bytes / 2);
    CHECK(t.ids(loop) == texts{"id-5", "id-6", "id-7", "id-8", "id-9"});
    CHECK_FALSE(
      t.log->find(loop, event_kind::interaction, "id-4")->has_value());
    CHECK(t.log->of_subject(loop, "ann", {})->events.size() == 5);
    CHECK(t.log->read(loop, {2})->events.front().seq == sequence{6});
  };
  check();
  t.reopen();
  check();
  // An id from before is new again.
  CHECK(t.append(make_batch("digits", {interaction("id-4")})).accepted == 1);
}

TEST_CASE(
  "sequences go on when retention leaves nothing", "[storage][history]") {
  history_fixture t;
  const auto loop = t.add_loop("digits");
  t.append(
    make_batch("digits", {interaction("a"), interaction("b")}, from_ms(7000)));
  t.retain(loop, {3});
  t.reopen();
  CHECK(t.log->first(loop) == sequence{3});
  CHECK(t.log->end(loop) == sequence{2});
  CHECK(t.all(loop).empty());
  CHECK(t.log->stored_bytes(loop).value() == 0);
  CHECK(t.append(make_batch("digits", {interaction("a")})).end == sequence{3});
  REQUIRE(t.all(loop).size() == 1);
  CHECK(t.all(loop)[0].received == from_ms(7000));
}

TEST_CASE("a damaged block is named and never skipped", "[storage][history]") {
  history_fixture t{{.block_bytes = 1}};
  const auto loop = t.add_loop("digits");
  t.append(make_batch(
    "digits", {interaction("a"), interaction("b"), interaction("c")}));
  const auto key = block_key{loop, {2}}.encode();
  auto value = t.db->get(column::history, key)->value();
  value.back() = static_cast<char>(value.back() ^ 1);
  write_batch damage;
  damage.put(column::history, key, value);
  REQUIRE(t.db->commit(damage).ok());

  const auto page = t.log->read(loop, {});
  REQUIRE_FALSE(page.ok());
  CHECK(page.err().code == errc::corruption);
  CHECK(
    page.err().message.find(
      "history of loop digits: block at sequence 2: history_block record "
      "has crc") == 0);
  CHECK(
    t.log->find(loop, event_kind::interaction, "b").err().code ==
    errc::corruption);
  CHECK(t.log->find(loop, event_kind::interaction, "c")->has_value());
  const auto again = t.log->stage(make_batch("digits", {interaction("b")}));
  CHECK(again.err().code == errc::corruption);
}

TEST_CASE("a missing block is damage too", "[storage][history]") {
  history_fixture t{{.block_bytes = 1}};
  const auto loop = t.add_loop("digits");
  t.append(make_batch(
    "digits", {interaction("a"), interaction("b"), interaction("c")}));
  write_batch damage;
  damage.erase(column::history, block_key{loop, {2}}.encode());
  REQUIRE(t.db->commit(damage).ok());
  const sequence after = GENERATE(sequence{0}, sequence{1});
  const auto page = t.log->read(loop, after);
  REQUIRE_FALSE(page.ok());
  CHECK(
    page.err().message == "history of loop digits: no block holds sequence 2");
  CHECK(t.log->read(loop, {2})->events.size() == 1);
}

TEST_CASE(
  "a damaged index is made anew, and one of another history too",
  "[storage][history]") {
  history_fixture t;
  const auto loop = t.add_loop("digits");
  t.append(make_batch("digits", {interaction("a"), interaction("b")}));
  t.close(); // Writes the index.
  const auto index = t.dir.path() / "index";
  const auto before = t.dir.path() / "before";
  std::filesystem::copy(index, before);

  SECTION("damaged") {
    std::ofstream{index / "000001.run", std::ios::app} << "x";
  }
  SECTION("of a history that went on differently") {
    // As after a restored backup: same sequences, other events.
    t.open();
    write_batch wipe;
    wipe.erase(column::history, block_key{loop, {1}}.encode());
    REQUIRE(t.db->commit(wipe).ok());
    t.close();
    std::filesystem::remove_all(index);
    t.open();
    t.append(make_batch("digits", {interaction("c"), interaction("d")}));
    t.close();
    std::filesystem::remove_all(index);
    std::filesystem::copy(before, index);
  }
  SECTION("ahead of the history") {
    t.open();
    write_batch wipe;
    wipe.erase(column::history, block_key{loop, {1}}.encode());
    REQUIRE(t.db->commit(wipe).ok());
    t.close();
  }
  t.open();
  const auto left = t.ids(loop);
  for (const auto& id : texts{"a", "b", "c", "d"}) {
    const bool there = std::find(left.begin(), left.end(), id) != left.end();
    CAPTURE(id);
    CHECK(t.log->find(loop, event_kind::interaction, id)->has_value() == there);
    CHECK(
      t.append(make_batch("digits", {interaction(id)})).duplicates ==
      (there ? 1 : 0));
  }
}
