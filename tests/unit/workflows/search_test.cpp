#include "workflows/search.hpp"

#include "plans.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

bool matches(const iteration_query& query, const live_iteration& live) {
  return matches_summary(query, summarize(live.it)) &&
    matches_journal(query, live.it, live.journal);
}

iteration_query in_state(search_state state) {
  iteration_query query;
  query.state = state;
  return query;
}

iteration_query at(std::string stage, std::optional<stage_status> status = {}) {
  iteration_query query;
  query.stage = std::move(stage);
  query.status = status;
  return query;
}

iteration_query with(std::string text) {
  iteration_query query;
  query.text = std::move(text);
  return query;
}

} // namespace

TEST_CASE("a state is found by its name and by nothing else") {
  for (const auto* name :
       {"running", "asleep", "ended", "promoted", "completed", "rejected",
        "failed", "canceled"})
    CHECK(parse_search_state(name).has_value());
  CHECK_FALSE(parse_search_state("Running").has_value());
  CHECK_FALSE(parse_search_state("").has_value());
  CHECK(parse_stage_status("backing_off") == stage_status::backing_off);
  CHECK_FALSE(parse_stage_status("unknown").has_value());
}

TEST_CASE("iterations are found by their state") {
  auto live = training();
  CHECK(matches({}, live));
  CHECK(matches(in_state(search_state::running), live));
  CHECK_FALSE(matches(in_state(search_state::asleep), live));
  CHECK_FALSE(matches(in_state(search_state::ended), live));
  live.finish("tune");
  live.fail("train", crash);
  CHECK(matches(in_state(search_state::asleep), live));
  CHECK(matches(in_state(search_state::running), live));
  live.cancel();
  CHECK(matches(in_state(search_state::canceled), live));
  CHECK(matches(in_state(search_state::ended), live));
  CHECK_FALSE(matches(in_state(search_state::failed), live));
  CHECK_FALSE(matches(in_state(search_state::running), live));
}

TEST_CASE("iterations are found by the stage where they are") {
  auto live = training();
  CHECK(matches(at("train"), live));
  CHECK_FALSE(matches(at("prepare"), live)); // Done.
  CHECK_FALSE(matches(at("judge"), live));   // Not yet.
  CHECK_FALSE(matches(at("nowhere"), live));
  CHECK(matches(at("prepare", stage_status::succeeded), live));
  CHECK(matches(at("judge", stage_status::pending), live));
  CHECK_FALSE(matches(at("train", stage_status::backing_off), live));
  live.fail("train", crash);
  CHECK(matches(at("train"), live));
  CHECK(matches(at("train", stage_status::backing_off), live));
}

TEST_CASE("iterations are found by the time in which they lived") {
  auto live = training();
  const auto begin = live.it.start.at;
  live.now = begin + 10s;
  iteration_query query;
  query.since = begin + 1h;
  CHECK(matches(query, live)); // It lives still.
  live.cancel();
  live.must(confirm_canceled{"train", 1});
  live.must(confirm_canceled{"tune", 1});
  CHECK_FALSE(matches(query, live));
  query.since = begin + 10s;
  CHECK(matches(query, live));
  query.until = begin;
  CHECK_FALSE(matches(query, live));
  query.until = begin + 1ms;
  CHECK(matches(query, live));
}

TEST_CASE("iterations are found by what was said of them, in any attempt") {
  auto live = training();
  CHECK_FALSE(matches(with("oom"), live));
  live.fail("train", {errc::io_error, "CUDA: OOM at step 4", 1, false, "oom"});
  live.now += 1s;
  live.must(start_retry{"train"});
  live.finish("train");
  CHECK(matches(with("cuda: oom"), live));
  CHECK_FALSE(matches(with("step 5"), live));
  live.must(cancel_iteration{"Grace", "wrong data"});
  CHECK(matches(with("grace"), live));
  CHECK(matches(with("WRONG"), live));
}

TEST_CASE("only stages, texts and sleep need the journal") {
  CHECK_FALSE(needs_journal({}));
  CHECK_FALSE(needs_journal(in_state(search_state::failed)));
  CHECK(needs_journal(in_state(search_state::asleep)));
  CHECK(needs_journal(at("train")));
  CHECK(needs_journal(with("x")));
}
