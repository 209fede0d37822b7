#include "cli/loop_changes.hpp"
#include "cli/loop_screen.hpp"
#include "cli/text.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>

using namespace ratchet;
using namespace ratchet::cli;
using namespace std::chrono_literals;
using workflows::iteration_outcome;
using workflows::stage_status;
using lines = std::vector<std::string>;

namespace {

const auto now = from_ms(1'800'000'000'000);

stage_view stage(std::string name, stage_status status) {
  stage_view out;
  out.name = std::move(name);
  out.status = status;
  out.attempt = status == stage_status::pending ? 0 : 1;
  if (status != stage_status::pending)
    out.started = now - 20s;
  if (workflows::is_final(status))
    out.ended = now - 18s;
  return out;
}

loop_view digits() {
  loop_view v;
  v.name = "digits";
  v.trigger = "correction gained 212 of 300";
  v.events = 12345;
  v.channels = {{"correction", 1512, 212, 300}, {"verdict", 9812, 0, 0}};
  v.champion = {
    .version = 5,
    .iteration = 6,
    .since = now - 72s,
    .metrics = {{"accuracy", 0.9412}}};
  v.stages = {
    stage("dataset", stage_status::succeeded),
    stage("train", stage_status::running),
    stage("promote", stage_status::pending)};
  v.stages[1].progress = 0.43;
  v.stages[1].note = "epoch 2/5";
  iteration_view running;
  running.number = 7;
  running.reason = "correction gained 312 of 300";
  running.started = now - 20s;
  iteration_view promoted;
  promoted.number = 6;
  promoted.version = 5;
  promoted.outcome = iteration_outcome::promoted;
  promoted.verdict = "accuracy 0.941 against 0.921";
  promoted.started = now - 100s;
  promoted.ended = now - 72s;
  v.iterations = {running, promoted};
  return v;
}

screen_facts facts() {
  return {now, "http://127.0.0.1:4600", 812.0, {}};
}

} // namespace

TEST_CASE("the live view shows the loop's turn at a glance", "[cli]") {
  CHECK(
    draw_loop(digits(), facts(), {80, 24}, palette{false}) ==
    R"( digits  iteration 7 under way                            http://127.0.0.1:4600

  ╭─▶ ✓ feedback ─────────────▶ ✓ dataset ──────────────╮
  │     212 of 300                2.0s                  │
  │                     iteration 7                     │
  ╰── ○ promote ◀────────────── ● train ◀───────────────╯
                                  43% · 20s
  train            ██████████▍░░░░░░░░░░░░░  43%  epoch 2/5 · attempt 1 · 20s

── FEEDBACK ─────────────────────────────────── 12,345 events stored · 812/s ──
  correction           1,512  ██████████████▏░░░░░ 212 of 300 new
  verdict              9,812
  correction gained 212 of 300

── CHAMPION ────────────────────────────────────────────────────── for 1m12s ──
  v5   accuracy 0.9412   made by iteration 6

── ITERATIONS ─────────────────────────────────────────────────────────────────
   #7 running            20s  correction gained 312 of 300
   #6 promoted  v5       28s  accuracy 0.941 against 0.921)");
}

TEST_CASE("the live view fits any terminal of 60 columns and more", "[cli]") {
  const auto columns = GENERATE(60U, 80U, 132U, 250U);
  const auto rows = GENERATE(12U, 24U, 60U);
  auto loop = digits();
  loop.name.assign(200, 'n');
  loop.trigger.assign(300, 't');
  loop.stages[1].note.assign(300, 'p');
  loop.iterations[1].verdict.assign(300, 'v');
  loop.iterations[1].verdict += "\n\x1b[2J";
  loop.iterations.resize(100, loop.iterations[1]);
  auto at = facts();
  at.unreachable_since = GENERATE(time_point{}, now - 3s);
  std::istringstream frame{
    draw_loop(loop, at, {columns, rows}, palette{false})};
  std::size_t count = 0;
  for (std::string line; std::getline(frame, line); ++count) {
    INFO(line);
    CHECK(display_width(line) < columns);
    CHECK(line.find('\x1b') == std::string::npos);
  }
  CHECK(count <= rows);
}

TEST_CASE("a stage that runs for each item is one line", "[cli]") {
  auto loop = digits();
  auto& train = loop.stages[1];
  train.status = workflows::stage_status::fanned_out;
  train.items = items_view{10, 6, 1, 0, 2, 1, {}};
  train.note = items_text(*train.items);
  train.progress = 0.7;
  CHECK(train.note == "7 of 10 items, 1 failed, 2 run, 1 wait");
  const auto frame = draw_loop(loop, facts(), {120, 24}, palette{false});
  CHECK(frame.find("● train") != std::string::npos);
  CHECK(frame.find("7/10 · 20s") != std::string::npos);
  CHECK(
    frame.find(" 70%  7 of 10 items, 1 failed, 2 run, 1 wait") !=
    std::string::npos);
}

TEST_CASE("an engine that does not answer is said to be retried", "[cli]") {
  auto at = facts();
  at.unreachable_since = now - 5s;
  const auto frame = draw_loop(digits(), at, {80, 24}, palette{false});
  CHECK(
    frame.find("engine unreachable for 5.0s, retrying") != std::string::npos);
}

TEST_CASE("nothing changed is nothing said", "[cli]") {
  CHECK(changes(digits(), digits()).empty());
}

TEST_CASE("the first look tells where the loop stands", "[cli]") {
  CHECK(
    changes({}, digits()) ==
    lines{
      "iteration 7 started: correction gained 312 of 300",
      "iteration 7: stage dataset succeeded after 2.0s",
      "iteration 7: stage train runs, attempt 1", "champion is version 5",
      "feedback correction: 212 of 300 new"});
}

TEST_CASE("an iteration's end, its version and the next are told", "[cli]") {
  auto after = digits();
  auto& it = after.iterations[0];
  it.outcome = iteration_outcome::promoted;
  it.version = 6;
  it.verdict = "accuracy 0.95";
  it.ended = now;
  after.stages[1] = stage("train", stage_status::succeeded);
  after.stages[2] = stage("promote", stage_status::succeeded);
  after.champion.version = 6;
  CHECK(
    changes(digits(), after) ==
    lines{
      "iteration 7: stage train succeeded after 2.0s",
      "iteration 7: stage promote succeeded after 2.0s",
      "iteration 7 promoted version 6 after 20s: accuracy 0.95",
      "champion is version 6, was 5"});
}

TEST_CASE("an iteration that came and went between looks is told", "[cli]") {
  auto before = digits();
  before.iterations.erase(before.iterations.begin());
  before.stages.clear();
  auto after = digits();
  auto missed = after.iterations[0];
  missed.outcome = iteration_outcome::failed;
  missed.verdict = "stage train failed";
  missed.ended = now - 10s;
  after.iterations[0].number = 8;
  after.iterations.insert(after.iterations.begin() + 1, missed);
  const auto told = changes(before, after);
  REQUIRE(told.size() == 5);
  CHECK(told[0] == "iteration 7 started: correction gained 312 of 300");
  CHECK(told[1] == "iteration 7 failed after 10s: stage train failed");
  CHECK(told[2] == "iteration 8 started: correction gained 312 of 300");
}

TEST_CASE("skips and cleanup are shown when there are any", "[cli]") {
  auto loop = digits();
  loop.stages.push_back(stage("notify", stage_status::pending));
  loop.stages.back().cleanup = "on_failure";
  const auto quiet = draw_loop(loop, facts(), {80, 24}, palette{false});
  CHECK(quiet.find("notify") == std::string::npos);

  loop.stages[1] = stage("train", stage_status::skipped);
  loop.stages[1].skipped = "skipped by ada: no need";
  loop.stages.back() = stage("notify", stage_status::running);
  loop.stages.back().cleanup = "on_failure";
  const auto busy = draw_loop(loop, facts(), {80, 24}, palette{false});
  CHECK(busy.find("» train") != std::string::npos);
  CHECK(busy.find("● notify") != std::string::npos);
  CHECK(busy.find("iteration 7 is cleaning up") != std::string::npos);
  CHECK(
    changes(digits(), loop) ==
    lines{
      "iteration 7: stage train skipped by ada: no need",
      "iteration 7: stage notify runs, attempt 1"});
}

TEST_CASE("an iteration's pause is shown, and told with its end", "[cli]") {
  auto after = digits();
  after.iterations[0].paused = true;
  after.stages[1] = stage("train", stage_status::pending);
  const auto frame = draw_loop(after, facts(), {80, 24}, palette{false});
  CHECK(frame.find("iteration 7 is paused") != std::string::npos);
  CHECK(changes(digits(), after) == lines{"iteration 7 paused"});
  CHECK(changes(after, digits()).back() == "iteration 7 resumed");
}

TEST_CASE("retries, pauses and tenths of feedback are told", "[cli]") {
  auto after = digits();
  after.paused = true;
  after.stages[1].status = stage_status::backing_off;
  after.stages[1].failure = "exited with code 3";
  after.channels[0].gained = 215;
  CHECK(
    changes(digits(), after) ==
    lines{
      "loop paused",
      "iteration 7: stage train failed attempt 1 and tries again: exited "
      "with code 3"});
  after.channels[0].gained = 240;
  CHECK(
    changes(digits(), after).back() == "feedback correction: 240 of 300 new");
}
