#include "actors/node.hpp"
#include "storage/artifacts.hpp"
#include "storage/monitor_store.hpp"
#include "tests/unit/actors/log_lines.hpp"
#include "tests/unit/actors/node_fixture.hpp"
#include "tests/unit/storage/history_fixture.hpp"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;

namespace {

/// A loop that is looked at every hour, under a clock that a test moves.
struct fixture : node_fixture {
  fixture() { clock = &manual; }
  ~fixture() { stop(); } // Before the clock that it asks goes.

  static loop made() {
    auto a = loop("a");
    a.channel(boolean("ok"))
      .metric("liked")
      .from("ok")
      .slice_by("device", "language")
      .join_within(10min)
      .areas({.metric = "liked", .every = 1h})
      .stage("train", does_nothing());
    return a;
  }

  /// Interactions of `version`; on tablets nobody is content.
  void serve(int from, int to, std::uint64_t version = 0) {
    std::vector<event> events;
    for (int n = from; n < to; ++n) {
      auto e = interaction("i" + std::to_string(n));
      e.version = version_number{version};
      e.slices = {
        {"device", n % 4 == 0 ? "tablet" : "phone"},
        {"language", n % 3 == 0 ? "de" : "en"}};
      auto f = feedback("f" + std::to_string(n), e.id);
      f.channel = "ok";
      f.value = n % 4 != 0 && n % 10 != 1;
      events.push_back(std::move(e));
      events.push_back(std::move(f));
    }
    REQUIRE(append(make_batch("a", events, manual.now())));
  }
  [[nodiscard]] std::vector<workflows::loop_event> decisions() const {
    const auto of = number_of("a");
    return node->journal().loop_events(of, 0, 1'000).value();
  }
  [[nodiscard]] std::vector<workflows::areas_looked> looks() const {
    std::vector<workflows::areas_looked> found;
    for (const auto& event : decisions())
      if (const auto* look = std::get_if<workflows::areas_looked>(&event))
        found.push_back(*look);
    return found;
  }
  [[nodiscard]] workflows::loop_state state() const {
    return node->journal().load_state(number_of("a")).value();
  }
  void wait_for_looks(std::size_t n) {
    eventually(std::to_string(n) + " looks are recorded", [&] {
      return looks().size() >= n;
    });
  }
  /// Once all that came is known to the trigger.
  void wait_for_count(std::uint64_t n) {
    eventually("all is counted", [&] {
      return storage::load_monitor_cursor(node->store(), number_of("a"))
               .value()
               .value >= 2 * n;
    });
  }

  manual_clock manual{from_ms(1'800'000'000'000)};
  log_lines complaints;
};

std::string text_of_first(const workflows::areas_looked& looked) {
  return workflows::to_text(looked.look.areas.at(0));
}

} // namespace

TEST_CASE_METHOD(
  fixture, "a look comes in its time, and is recorded with all its numbers",
  "[actors][node][areas]") {
  start({made()});
  serve(0, 400);
  manual.advance(1h);
  wait_for_looks(1);
  const auto looked = looks().at(0);
  CHECK(looked.look.as_of == state().trigger.first_seen + 1h);
  CHECK(looked.look.to == sequence{800});
  CHECK(looked.look.rows == 400);
  CHECK(looked.look.share == 1);
  REQUIRE(looked.look.areas.size() == 1);
  CHECK(text_of_first(looked) == "device is tablet");
  CHECK(looked.look.areas[0].error.value == 1);
  CHECK(looked.sentence == workflows::area_sentence(looked.look));
  // The same rows an hour later are the same look.
  manual.advance(1h);
  serve(400, 800);
  manual.advance(1h);
  wait_for_looks(2);
  CHECK(looks().size() == 2);
  CHECK(looks()[1].look.as_of == state().trigger.first_seen + 3h);
  CHECK(looks()[1].look.rows == 800);
  CHECK(node->journal().verify(number_of("a")));
  CHECK(complaints.read().empty());
}

TEST_CASE_METHOD(
  fixture, "feedback is waited for before an interaction is looked at",
  "[actors][node][areas]") {
  start({made()});
  serve(0, 300);
  manual.advance(55min);
  serve(300, 400); // Five minutes before the look.
  manual.advance(5min);
  wait_for_looks(1);
  CHECK(looks()[0].look.rows == 300);
}

TEST_CASE_METHOD(
  fixture, "only what the champion served is looked at",
  "[actors][node][areas]") {
  start({made()});
  serve(0, 400);
  const auto model = node->artifacts().put_bytes("first", "model.txt");
  REQUIRE(model);
  REQUIRE(ask(
    {.verb = operator_verb::add_version,
     .loop = "a",
     .artifact = *model,
     .champion = true,
     .who = "t"}));
  serve(400, 700, 1);
  manual.advance(1h);
  wait_for_looks(1);
  CHECK(looks()[0].look.version == version_number{1});
  CHECK(looks()[0].look.rows == 300);
}

TEST_CASE("a look that came to nothing is made again", "[actors][areas]") {
  // Once in one go, once with the engine down at the time of the look and for
  // an hour beyond, and once with it killed just then.
  std::vector<workflows::area_look> all;
  for (const int way : {0, 1, 2}) {
    fixture f;
    f.start({fixture::made()});
    f.serve(0, 400);
    if (way == 1)
      f.stop();
    f.manual.advance(way == 1 ? duration{1h + 59min} : duration{1h});
    if (way == 2)
      f.stop();
    if (way > 0)
      f.start({fixture::made()});
    f.wait_for_looks(1);
    CHECK(f.looks().size() == 1);
    all.push_back(f.looks()[0].look);
    CHECK(f.node->journal().verify(f.number_of("a")));
  }
  CHECK(all[1] == all[0]);
  CHECK(all[2] == all[0]);
}

TEST_CASE_METHOD(
  fixture, "an area starts one iteration, which draws its rows more often",
  "[actors][node][areas]") {
  auto a = loop("a");
  a.channel(boolean("ok"))
    .metric("liked")
    .from("ok")
    .join_within(10min)
    .areas({.metric = "liked", .by = {"device"}, .every = 1h})
    .retrain_when(area_of("liked", {.impact = 0.05}))
    .stage(
      "dataset",
      export_dataset{
        .channel = "ok", .eval_fraction = 0.25, .oversample_areas = 3})
    .stage("train", does_nothing());
  start({a});
  serve(0, 400);
  wait_for_count(400);
  manual.advance(1h);
  const iteration_number first{1};
  wait_for_end("a", first);
  const auto looked = looks().at(0);
  std::vector<workflows::iteration_requested> starts;
  for (const auto& event : decisions())
    if (const auto* e = std::get_if<workflows::iteration_requested>(&event))
      starts.push_back(*e);
  REQUIRE(starts.size() == 1);
  CHECK(
    starts[0].reason.find("loses where device is tablet") != std::string::npos);
  CHECK(
    starts[0].inputs.areas.at("liked") ==
    workflows::reading_of(looked.look, state().areas.at("liked").event));
  const auto journal = events("a", first);
  const auto done =
    std::find_if(journal.begin(), journal.end(), [](const auto& event) {
      const auto* e = std::get_if<workflows::stage_succeeded>(&event);
      return e != nullptr && e->stage == "dataset";
    });
  REQUIRE(done != journal.end());
  const auto& values =
    std::get<workflows::stage_succeeded>(*done).output.values;
  CHECK(values.at("areas") == "1");
  const auto rows = std::stoul(values.at("area_rows"));
  CHECK(rows > 50);
  CHECK(rows < 100); // Of a hundred on tablets, a quarter is for evaluation.
  CHECK(values.at("area_copies") == std::to_string(2 * rows));
  CHECK(
    std::stoul(values.at("train_rows")) + std::stoul(values.at("eval_rows")) ==
    400 + 2 * rows);
  CHECK(
    values.at("areas of liked").find("device is tablet") != std::string::npos);
  // The same look again starts nothing.
  manual.advance(1h);
  serve(400, 401);
  wait_for_count(401);
  manual.advance(1h);
  wait_for_looks(2);
  wait_for_end("a", iteration_number{2});
  CHECK(state().last_iteration == iteration_number{2});
}
