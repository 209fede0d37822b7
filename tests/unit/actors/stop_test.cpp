#include "tests/unit/actors/log_lines.hpp"
#include "tests/unit/actors/node_fixture.hpp"

using namespace ratchet;
using namespace ratchet::test;
using workflows::iteration_outcome;

namespace {

constexpr int loop_count = 50;
constexpr int per_loop = 4;
constexpr std::uint64_t all_iterations = loop_count * per_loop;

std::string name_of(int loop) {
  return "a" + std::to_string(loop);
}

/// Many loops, because each of them ends in its own time. Their stages are
/// over at once: the time goes into the journal and the messages around it.
std::vector<loop> busy_loops() {
  std::vector<loop> loops;
  for (int i = 0; i < loop_count; ++i)
    loops.push_back(loop(name_of(i))
                      .timing(asynchronous{.max_in_flight = per_loop})
                      .stage("first", does_nothing())
                      .stage("train", writes("model.txt", "weights"))
                      .stage("last", does_nothing()));
  return loops;
}

struct stop_fixture : node_fixture {

  /// Asks for all iterations and waits for none.
  void trigger_all() {
    for (int i = 0; i < loop_count * per_loop; ++i)
      node->request(
        {.verb = actors::operator_verb::trigger,
         .loop = name_of(i % loop_count),
         .who = "t"},
        [](const auto&) {});
  }

  void check_completed(const std::string& loop) {
    const auto state = node->journal().load_state(number_of(loop));
    for (iteration_number n{1}; n <= state->last_iteration; n = n.next()) {
      wait_for_end(loop, n);
      CHECK(summary(loop, n).outcome == iteration_outcome::completed);
      for (const auto& event : events(loop, n))
        if (const auto* e = std::get_if<workflows::attempt_failed>(&event))
          CHECK(e->failure.lost);
    }
    CHECK(node->journal().verify(number_of(loop)));
  }

  log_lines complaints;
};

} // namespace

TEST_CASE_METHOD(
  stop_fixture, "a stop with many iterations in flight is no failure",
  "[actors][node][restart]") {
  // While they start, when all have, and in the midst of their stages.
  const auto moment = GENERATE(
    all_iterations / 2, all_iterations, all_iterations * 2, all_iterations * 3);
  start(busy_loops());
  trigger_all();
  eventually("the moment has come", [&] {
    const auto& stats = node->stats();
    return stats.iterations_started + stats.attempts_started >= moment;
  });
  stop();
  CHECK(complaints.read().empty());

  start(busy_loops());
  for (int i = 0; i < loop_count; ++i)
    check_completed(name_of(i));
  stop();
  CHECK(complaints.read().empty());
}
