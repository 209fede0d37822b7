#include "storage/artifacts.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "storage/monitor_store.hpp"
#include "tests/unit/actors/node_events.hpp"
#include "tests/unit/actors/node_fixture.hpp"

#include <atomic>
#include <map>
#include <string>
#include <thread>

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;

namespace {

struct fixture : node_fixture {
  /// Before what its stages use goes.
  ~fixture() { stop(); }

  /// A loop that makes a data set and then waits for `hold` to fall.
  loop made() {
    return loop("a")
      .channel(boolean("ok"))
      .stage(
        "dataset",
        export_dataset{
          .channel = "ok", .eval_fraction = 0.0, .whole_history = false})
      .stage("train", [this](stage_context& context) -> result<stage_output> {
        while (hold && !context.canceled())
          std::this_thread::yield();
        return stage_output{};
      });
  }
  void crown(std::uint64_t version) {
    const auto artifact =
      node->artifacts().put_bytes(std::to_string(version), "model.txt");
    REQUIRE(artifact);
    REQUIRE(ask(
      {.verb = operator_verb::add_version,
       .loop = "a",
       .artifact = *artifact,
       .champion = true,
       .who = "t"}));
  }
  /// Interaction `n`, served by `version`, and feedback on it.
  void liked_by(int n, std::uint64_t version) {
    auto one = served(n);
    one.input = "[1]";
    one.version.value = version;
    REQUIRE(append(events_of("a", {one, liked(n)})));
  }
  void wait_until_counted() {
    const auto end = node->history().end(number_of("a"));
    eventually("all is counted", [&] {
      return storage::load_monitor_cursor(node->store(), number_of("a"))
               .value() >= end;
    });
  }
  /// Starts an iteration on all feedback there is. The monitor tells its
  /// supervisor of one commit before it makes the next: so once the second is
  /// on disk, what was before it is known.
  iteration_number begin() {
    wait_until_counted();
    REQUIRE(append(events_of("a", {served(++last_silent)})));
    wait_until_counted();
    return trigger("a");
  }
  [[nodiscard]] std::map<std::string, std::string>
  values(iteration_number n) const {
    for (const auto& event : events("a", n))
      if (const auto* done = std::get_if<workflows::stage_succeeded>(&event))
        if (done->stage == "dataset")
          return done->output.values;
    return {};
  }
  void wait_for_dataset(iteration_number n) {
    eventually("the data set is there", [&] { return !values(n).empty(); });
  }

  std::atomic<bool> hold{false};
  int last_silent = 1000; ///< Interaction without feedback.
};

} // namespace

TEST_CASE_METHOD(
  fixture, "a synchronous loop drops what comes while it updates",
  "[actors][node][timing]") {
  start({made().timing(synchronous{})});
  crown(1);
  liked_by(1, 1);
  hold = true;
  const auto first = begin();
  wait_for_dataset(first);
  liked_by(2, 1); // While it runs.
  stop();         // The window stays closed through a restart.
  start({made().timing(synchronous{})});
  liked_by(3, 1);
  hold = false;
  wait_for_end("a", first);
  liked_by(4, 1);
  liked_by(5, 7); // Of another version than the champion.
  const auto second = begin();
  wait_for_end("a", second);

  CHECK(values(first).at("admitted_v1") == "1");
  CHECK(values(first).at("dropped_closed") == "0");
  const auto told = values(second);
  CHECK(told.at("admitted") == "1");
  CHECK(told.at("admitted_v1") == "1");
  CHECK(told.at("dropped_closed") == "2");
  CHECK(told.at("dropped_stale_v7") == "1");
  CHECK(told.at("train_rows") == "1");
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  fixture, "an asynchronous loop admits what is not too stale, and overlaps",
  "[actors][node][timing]") {
  start({made().timing(asynchronous{.max_staleness = 1, .max_in_flight = 2})});
  crown(1);
  crown(2);
  crown(3);
  for (int n = 1; n <= 3; ++n)
    liked_by(n, static_cast<std::uint64_t>(n));
  hold = true;
  const auto first = begin();
  wait_for_dataset(first);
  liked_by(4, 3); // While it runs.
  const auto second = begin();
  wait_for_dataset(second);
  hold = false;
  wait_for_end("a", first);
  wait_for_end("a", second);
  CHECK(values(first).at("admitted") == "2");
  CHECK(values(first).at("admitted_v2") == "1");
  CHECK(values(first).at("dropped_stale_v1") == "1");
  CHECK(values(second).at("admitted_v3") == "1");
  CHECK(values(second).at("dropped_stale") == "0");
  CHECK(
    summary("a", second).start.admits.versions ==
    std::vector{version_number{3}, version_number{2}});
}

TEST_CASE_METHOD(
  fixture, "late feedback goes where it is declared to",
  "[actors][node][timing]") {
  const bool drops = GENERATE(false, true);
  start(
    {made().late_feedback(drops ? ratchet::drop : ratchet::into_next_dataset)});
  liked_by(1, 1);
  wait_for_end("a", begin());
  auto again = liked(1, false);
  again.id = "f-1-again";
  REQUIRE(append(events_of("a", {again})));
  const auto second = begin();
  wait_for_end("a", second);
  const auto told = values(second);
  CHECK(told.at("admitted") == (drops ? "0" : "1"));
  CHECK(told.at("carried_over") == (drops ? "0" : "1"));
  CHECK(told.at("dropped_late") == (drops ? "1" : "0"));
}

TEST_CASE_METHOD(
  fixture, "a data set of the whole history says what it repeats",
  "[actors][node][timing]") {
  start(
    {loop("a")
       .channel(boolean("ok"))
       .timing(synchronous{})
       .stage("dataset", export_dataset{.channel = "ok", .eval_fraction = 0.0})
       .stage("train", [this](stage_context& context) -> result<stage_output> {
         while (hold && !context.canceled())
           std::this_thread::yield();
         return stage_output{};
       })});
  crown(1);
  liked_by(1, 1);
  hold = true;
  const auto first = begin();
  wait_for_dataset(first);
  liked_by(2, 1);
  hold = false;
  wait_for_end("a", first);
  liked_by(3, 1);
  wait_for_end("a", begin());
  const auto third = begin();
  wait_for_end("a", third);
  // What the first dropped stays dropped for all that come after it.
  const auto told = values(third);
  CHECK(told.at("admitted") == "2");
  CHECK(told.at("repeated") == "2");
  CHECK(told.at("dropped_closed") == "1");
}
