#include "tests/unit/actors/node_events.hpp"
#include "tests/unit/actors/node_fixture.hpp"

#include "storage/monitor_store.hpp"
#include "storage/store.hpp"

using namespace ratchet;
using namespace ratchet::test;

namespace {

loop bounded() {
  return loop("a")
    .channel(boolean("ok"))
    .join_within(10min)
    .keep({.age = 24h})
    .stage("dataset", export_dataset{.channel = "ok"});
}

} // namespace

TEST_CASE_METHOD(
  node_fixture, "a node keeps its loops' histories within their bounds",
  "[actors][node][restart]") {
  auto& time = use_manual_clock(from_ms(1'790'000'000'000));
  start({bounded()});
  const auto counted = [&](std::uint64_t cursor) {
    return [this, cursor] {
      return storage::load_monitor_cursor(node->store(), number_of("a"))
               .value() == sequence{cursor};
    };
  };
  const auto add = [&](int n) {
    auto interaction = served(n);
    interaction.input = R"({"text":"hello"})";
    return append(events_of("a", {interaction, liked(n)}, time.now()));
  };
  REQUIRE(add(1));
  time.advance(23h);
  REQUIRE(add(2));
  eventually("all is counted", counted(4));
  CHECK(node->history().first(number_of("a")) == sequence{1});
  time.advance(2h);
  const auto dropped = [&] {
    return node->history().first(number_of("a")) == sequence{3};
  };
  eventually("the old events are gone", dropped);
  CHECK(node->history().end(number_of("a")) == sequence{4});

  // What was counted stays counted, and the data set is of what is left.
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == workflows::iteration_outcome::completed);
  const auto monitor =
    storage::load_monitor(node->store(), number_of("a")).value();
  CHECK(monitor.joined.at("ok") == 2);
  for (const auto& e : events("a", n))
    if (const auto* done = std::get_if<workflows::stage_succeeded>(&e))
      CHECK(done->output.values.at("joined") == "1");

  stop();
  start({bounded()});
  CHECK(dropped());
  const auto again = add(1);
  REQUIRE(again);
  CHECK(again->accepted == 2);
  const auto known = add(2);
  REQUIRE(known);
  CHECK(known->duplicates == 2);
}
