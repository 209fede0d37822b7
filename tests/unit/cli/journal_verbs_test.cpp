#include "cli/text.hpp"
#include "cli/timeline_text.hpp"
#include "cli/verbs.hpp"
#include "fake_engine.hpp"
#include "formats/journal_export.hpp"
#include "text_file.hpp"

using namespace ratchet;
using namespace ratchet::cli;

namespace {

constexpr auto timeline = R"({"loop":"digits","number":7,
"started":"2026-08-22T10:15:20.000Z","ended":"2026-08-22T10:16:00.000Z",
"outcome":"failed","stages":[
 {"name":"train","cleanup":null,"status":"failed","attempts":[
  {"attempt":1,"outcome":"failed","queued":"2026-08-22T10:15:20.000Z",
   "started":"2026-08-22T10:15:30.000Z","ended":"2026-08-22T10:15:35.000Z",
   "retry_at":"2026-08-22T10:15:45.000Z","message":"exited with code 3"},
  {"attempt":2,"outcome":"failed","started":"2026-08-22T10:15:40.000Z",
   "ended":"2026-08-22T10:16:00.000Z","name":"oom","message":"no memory"}]},
 {"name":"gate","cleanup":null,"status":"pending","attempts":[]},
 {"name":"undo","cleanup":"compensate","status":"pending","attempts":[]}]})";

workflows::loop_definition small_plan() {
  workflows::loop_definition plan;
  plan.name = "digits";
  workflows::stage_definition only;
  only.name = "train";
  only.argv = {"true"};
  plan.stages = {only};
  return plan;
}

/// The export of an iteration that ran to its end; `deadline_ms` is what the
/// journal says of its attempt.
std::string exported(std::int64_t deadline_ms) {
  const auto plan = small_plan();
  workflows::iteration_started start;
  start.loop = "digits";
  start.number = iteration_number{4};
  start.fingerprint = workflows::fingerprint(plan);
  start.at = from_ms(1000);
  formats::export_block block{0};
  block.head("iteration", "digits");
  block.definition(start.fingerprint, plan, "{}");
  block.iteration(start.number, start.fingerprint);
  block.event(start, "{}");
  block.event(
    workflows::attempt_started{"train", 1, from_ms(1000), from_ms(deadline_ms)},
    "{}");
  block.event(workflows::stage_succeeded{"train", 1, from_ms(5000), {}}, "{}");
  block.event(
    workflows::iteration_ended{
      workflows::iteration_outcome::completed, "all stages succeeded",
      from_ms(5000)},
    "{}");
  return std::move(block).close(true);
}

constexpr std::int64_t right_deadline = 1000 + 3'600'000;

struct file_fixture : verb_fixture {
  void write(const std::string& text) const { file.write(text); }
  text_file file;
  const std::string& path = file.path();
};

} // namespace

TEST_CASE_METHOD(
  verb_fixture, "a timeline draws waits, runs and back-offs", "[cli]") {
  fake.answers("GET /v1/loops/digits/iterations/7/timeline", timeline);
  REQUIRE(show_timeline(context, "digits", 7).ok());
  CHECK(
    out.text() ==
    "iteration 7 of digits  failed, took 40s\n"
    "\n"
    "STAGE  TRY  0s                                   40s  RESULT\n"
    "train    1  ░░░░░░░░░░█████·····                      "
    "failed after 5.0s, waited 10s: exited with code 3\n"
    "train    2                      ████████████████████  "
    "failed after 20s: oom: no memory\n"
    "gate                                                  pending\n"
    "\n"
    "░ waits  █ runs  · backs off\n");
}

TEST_CASE("a timeline fits the terminal", "[cli]") {
  const auto answer = json::parse(timeline);
  const auto text =
    timeline_text(answer, palette{false}, 60, from_ms(1'787'393'760'000));
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = text.find('\n', begin);
    CHECK(display_width(text.substr(begin, end - begin)) <= 60);
    begin = end + 1;
  }
}

TEST_CASE_METHOD(verb_fixture, "an export is printed as it came", "[cli]") {
  fake.answers("GET /v1/loops/digits/iterations/4/export", exported(5));
  REQUIRE(export_iteration(context, "digits", 4).ok());
  CHECK(out.text() == exported(5));
}

TEST_CASE_METHOD(file_fixture, "a replay shows what was decided", "[cli]") {
  write(exported(right_deadline));
  REQUIRE(replay_file(context, path).ok());
  CHECK(
    out.text() ==
    "EVENT  AT                        COMMAND                    DECIDED\n"
    "    0  1970-01-01T00:00:01.000Z  start                      "
    "iteration_started\n"
    "    1  1970-01-01T00:00:01.000Z  begin_iteration            "
    "attempt_started\n"
    "    2  1970-01-01T00:00:05.000Z  finish_attempt 1 of train  "
    "stage_succeeded, iteration_ended\n"
    "\n"
    "iteration 4 of digits: all 3 decisions follow, 4 events; completed\n");
  CHECK(fake.log().empty());
}

TEST_CASE_METHOD(
  file_fixture, "a replay tells lies from damage and from other files",
  "[cli]") {
  write(exported(17));
  const auto lie = replay_file(context, path);
  CHECK(lie.err().code == errc::failed_condition);
  CHECK(
    lie.err().message ==
    path +
      ": iteration 4 of digits: event 1, attempt_started, does not follow: "
      "begin_iteration leads to one with other contents");
  write(exported(right_deadline).substr(0, 600));
  CHECK(replay_file(context, path).err().code == errc::corruption);
  write("hello\n");
  CHECK(replay_file(context, path).err().code == errc::invalid_argument);
  CHECK(replay_file(context, path + ".no").err().code == errc::not_found);
}

TEST_CASE_METHOD(
  verb_fixture, "iterations are searched over all pages", "[cli]") {
  const std::string query = "&state=failed&stage=train&since=2026-08-20T10%"
                            "3A16%3A00.000Z&text=out%20of";
  fake.answers(
    "GET /v1/loops/digits/iterations?limit=3" + query,
    R"({"iterations":[{"number":9}],"next_before":9})");
  fake.answers(
    "GET /v1/loops/digits/iterations?limit=2" + query + "&before=9",
    R"({"iterations":[{"number":4}],"next_before":null})");
  context.output = output_format::name;
  iteration_filter filter;
  filter.state = "failed";
  filter.stage = "train";
  filter.since = "2d";
  filter.text = "out of";
  REQUIRE(list_iterations(context, "digits", filter, 3).ok());
  CHECK(out.text() == "9\n4\n");
  filter.since = "yesterday";
  const auto refused = list_iterations(context, "digits", filter, 3);
  CHECK(refused.err().code == errc::invalid_argument);
}
