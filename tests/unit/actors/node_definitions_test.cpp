#include "tests/unit/actors/node_fixture.hpp"

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;
using workflows::iteration_outcome;

namespace {

/// A loop in two versions. Its function fails until it is told to work.
struct fixture : node_fixture {
  fixture() { clock = &manual; }
  ~fixture() { stop(); } // Before the clock goes.
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;

  std::vector<loop> original() {
    return {loop("a")
              .stage("train", [this](stage_context&) { return answer(); })
              .always("sweep", callable(does_nothing()))};
  }
  /// The same function, under another definition.
  std::vector<loop> changed() {
    return {loop("a")
              .channel(boolean("new"))
              .stage("train", [this](stage_context&) { return answer(); })
              .always("sweep", callable(does_nothing()))};
  }
  static std::vector<loop> without() {
    return {loop("b").stage("train", does_nothing())};
  }

  result<stage_output> answer() const {
    if (works)
      return stage_output{};
    return error{errc::invalid_argument, "not yet"};
  }
  result<actors::operator_answer>
  tell(operator_verb verb, iteration_number n, std::string stage = {}) {
    return ask(
      {.verb = verb,
       .loop = "a",
       .iteration = n,
       .stage = std::move(stage),
       .who = "ada",
       .reason = "to see"});
  }
  [[nodiscard]] std::vector<storage::stored_definition> definitions() const {
    return node->journal().definitions(number_of("a")).value();
  }

  manual_clock manual{from_ms(1'000'000)};
  std::atomic<bool> works{false};
};

} // namespace

TEST_CASE_METHOD(
  fixture, "an iteration whose function is gone waits for its own program",
  "[actors][node][definitions][restart]") {
  start(original());
  const auto n = trigger("a");
  wait_for_end("a", n);
  stop();
  works = true;
  start(changed());
  // The namesake is not what it began with: it says so, and cleans up no more.
  CHECK(tell(operator_verb::retry, n)->changed);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::failed);
  CHECK(
    summary("a", n).verdict.find("start the program it began with") !=
    std::string::npos);
  // Meanwhile the loop goes on under the new definition.
  const auto next = trigger("a");
  wait_for_end("a", next);
  CHECK(summary("a", next).outcome == iteration_outcome::completed);
  stop();
  start(original());
  CHECK(tell(operator_verb::retry, n)->changed);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  fixture, "an iteration whose function is gone can go on without it",
  "[actors][node][definitions][restart]") {
  start(original());
  const auto n = trigger("a");
  wait_for_end("a", n);
  stop();
  start(changed());
  CHECK(tell(operator_verb::skip, n, "train")->changed);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
}

TEST_CASE_METHOD(
  fixture, "the store knows when each definition was hosted",
  "[actors][node][definitions][restart]") {
  start(original());
  stop();
  manual.advance(1h);
  start(changed());
  stop();
  manual.advance(1h);
  start(original());
  const auto all = definitions();
  REQUIRE(all.size() == 2);
  CHECK(all[0].dates->first == from_ms(1'000'000) + 1h);
  CHECK(all[0].dates->last == from_ms(1'000'000) + 1h);
  CHECK(all[1].dates->first == from_ms(1'000'000));
  CHECK(all[1].dates->last == from_ms(1'000'000) + 2h);
}

TEST_CASE_METHOD(
  fixture, "what was in flight when a loop went is there when it comes back",
  "[actors][node][definitions][archive][restart]") {
  std::atomic<bool> runs{false};
  const auto loops = [&] {
    return std::vector<loop>{
      loop("a").stage("train", [&](stage_context& context) {
        runs = true;
        while (!works && !context.canceled())
          std::this_thread::yield();
        return answer();
      })};
  };
  start(loops());
  const auto n = trigger("a");
  eventually("it runs", [&] { return runs.load(); });
  CHECK(ask({.verb = operator_verb::pause_iteration,
             .loop = "a",
             .iteration = n,
             .who = "ada",
             .at_once = true})
          .ok());
  eventually("it rests", [&] { return node->stats().iterations_asleep == 1; });
  stop();
  start(without());
  CHECK(ask({.verb = operator_verb::archive,
             .loop = "a",
             .who = "ada",
             .reason = "gone"})
          .ok());
  stop();
  works = true;
  start(loops());
  eventually("it rests", [&] { return node->stats().iterations_asleep == 1; });
  CHECK(tell(operator_verb::resume_iteration, n)->changed);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK_FALSE(node->journal().load_state(number_of("a"))->archived);
}
