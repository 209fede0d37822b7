#include "tests/unit/actors/log_lines.hpp"
#include "tests/unit/actors/node_fixture.hpp"

using namespace ratchet;
using namespace ratchet::test;
using workflows::iteration_outcome;

namespace {

constexpr std::uint64_t many = 40;

/// Its one stage fails the first time, and is tried again after an hour.
struct fixture : node_fixture {
  fixture() { clock = &manual; }
  ~fixture() { stop(); } // Before the clock goes.
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;

  std::vector<loop> loops() {
    return {
      loop("a")
        .timing(asynchronous{.max_in_flight = many})
        .stage(
          "train",
          callable([this](stage_context& context) -> result<stage_output> {
            ++runs;
            if (context.attempt_id().ends_with(".2"))
              return stage_output{};
            return error{errc::io_error, "not yet"};
          })
            .retry(
              {.max_attempts = 2, .initial = 1h, .cap = 1h, .jitter = 0}))};
  }
  void wait_until_asleep(std::uint64_t count) {
    eventually(
      "they sleep", [&] { return node->stats().iterations_asleep == count; });
  }

  manual_clock manual{from_ms(1'000'000)};
  std::atomic<std::uint64_t> runs{0};
  log_lines complaints;
};

} // namespace

TEST_CASE_METHOD(
  fixture, "iterations that back off leave memory and go on once, on time",
  "[actors][node][sleep]") {
  start(loops());
  for (std::uint64_t n = 0; n < many; ++n)
    trigger("a");
  wait_until_asleep(many);
  CHECK(node->journal().sleepers(number_of("a"))->size() == many);
  CHECK(node->journal().verify(number_of("a")));
  manual.advance(1h);
  for (iteration_number n{1}; n.value <= many; n = n.next()) {
    wait_for_end("a", n);
    CHECK(summary("a", n).outcome == iteration_outcome::completed);
    CHECK(count<workflows::attempt_started>("a", n) == 2);
  }
  CHECK(runs == 2 * many);
  CHECK(node->stats().iterations_asleep == 0);
  CHECK(node->stats().iterations_read_back == many);
  CHECK(node->journal().sleepers(number_of("a"))->empty());
  CHECK(node->journal().verify(number_of("a")));
  CHECK(complaints.read().empty());
}

TEST_CASE_METHOD(
  fixture, "a restart reads no sleeper, and each goes on when it is due",
  "[actors][node][sleep][restart]") {
  start(loops());
  const auto n = trigger("a");
  wait_until_asleep(1);
  stop();
  start(loops());
  wait_until_asleep(1);
  CHECK(node->stats().iterations_read_back == 0);
  manual.advance(1h);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(runs == 2);
  CHECK(node->journal().verify(number_of("a")));
  CHECK(complaints.read().empty());
}
