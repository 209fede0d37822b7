#include "tests/unit/actors/node_events.hpp"
#include "tests/unit/actors/node_fixture.hpp"

#include "formats/json.hpp"

#include <array>
#include <set>

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;
using workflows::iteration_outcome;

namespace {

class fan_out_fixture : public node_fixture {
public:
  /// Notes its item, then what `then` says.
  stage_function
  notes(std::function<result<stage_output>(stage_context&)> then = nullptr) {
    return [this, then](stage_context& context) -> result<stage_output> {
      {
        const std::lock_guard lock{mutex_};
        ran_.insert(context.item());
      }
      return then ? then(context) : result<stage_output>{stage_output{}};
    };
  }
  std::multiset<std::string> ran() {
    const std::lock_guard lock{mutex_};
    return ran_;
  }

private:
  std::mutex mutex_;
  std::multiset<std::string> ran_;
};

using items_run = std::multiset<std::string>;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void serve_on(storage::event_batch& batch, int n, std::string_view device) {
  const auto e = served(n);
  const std::array slices{storage::event_view::slice{"device", device}};
  auto view = view_of(e);
  view.slices = slices;
  batch.add(view, static_cast<std::uint32_t>(batch.slots.size()));
}

result<stage_output> writes_item(stage_context& context) {
  std::ofstream{context.output_dir() / "note.txt"} << context.item();
  return stage_output{{{"length", std::to_string(context.item().size())}}};
}

} // namespace

TEST_CASE_METHOD(
  fan_out_fixture, "the stages after see what each item made",
  "[actors][node][fan_out]") {
  std::string second;
  json account;
  start({loop("a")
           .stage("work", notes(writes_item))
           .for_each(items({"de", "fra"}).parallel(1))
           .stage("read", [&](stage_context& context) {
             const auto input = context.input_dir("work");
             REQUIRE(input);
             second = text_of(*input / "1" / "note.txt");
             const auto text = text_of(*input / "items.json");
             account = parse_json(text, "items.json").value();
             CHECK(context.item().empty());
             return result<stage_output>{stage_output{}};
           })});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(ran() == items_run{"de", "fra"});
  CHECK(second == "fra");
  REQUIRE(account.size() == 2);
  CHECK(account[0]["item"] == "de");
  CHECK(account[0]["status"] == "succeeded");
  CHECK(account[1]["values"]["length"] == "3");
  CHECK(account[1]["files"] == json{"note.txt"});
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  fan_out_fixture, "a command is told its item", "[actors][node][fan_out]") {
  const auto proof = directory / "proof";
  start(
    {loop("a")
       .stage(
         "work",
         command(std::vector<std::string>{
           "/bin/sh", "-c",
           "echo \"$RATCHET_ITEM_INDEX $RATCHET_ITEM $RATCHET_ATTEMPT\" >> " +
             proof.string() + "; echo m > \"$RATCHET_OUTPUT/note.txt\""}))
       .for_each(items({"de", "fr"}).parallel(1))
       .stage(
         "read",
         command(std::vector<std::string>{
           "/bin/sh", "-c",
           "cd \"$RATCHET_INPUT_WORK\" && ls -d * */* >> " +
             proof.string()}))});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(
    text_of(proof) ==
    "0 de a.1.work@0.1\n1 fr a.1.work@1.1\n"
    "0\n0/note.txt\n1\n1/note.txt\nitems.json\n");
}

TEST_CASE_METHOD(
  fan_out_fixture, "each item of a later stage finds its own input",
  "[actors][node][fan_out]") {
  std::atomic<int> matches{0};
  start({loop("a")
           .stage(
             "train", notes([](stage_context& context) -> result<stage_output> {
               if (context.item() == "fr")
                 return error{errc::invalid_argument, "no data"};
               return writes_item(context);
             }))
           .for_each(items({"de", "fr", "it"}).skip_failed())
           .stage(
             "judge",
             [&](stage_context& context) {
               const auto input = context.input_dir("train");
               REQUIRE(input);
               matches +=
                 text_of(*input / "note.txt") == context.item() ? 1 : 0;
               return result<stage_output>{stage_output{}};
             })
           .for_each(each_of("train"))});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(matches == 2);
}

TEST_CASE_METHOD(
  fan_out_fixture, "items come from the slices that metrics know",
  "[actors][node][fan_out]") {
  start({loop("a")
           .channel(boolean("ok"))
           .metric("ok_rate")
           .from("ok")
           .slice_by("device")
           .retrain_when(feedback_count("ok", 3))
           .stage("work", notes())
           .for_each(slices("device"))});
  auto batch = events_of("a", {served(3)});
  serve_on(batch, 1, "phone");
  serve_on(batch, 2, "tablet");
  REQUIRE(append(std::move(batch)));
  REQUIRE(append(events_of("a", {liked(1), liked(2), liked(3)})));
  wait_for_end("a", iteration_number{1});
  CHECK(ran() == items_run{"phone", "tablet"});
  CHECK(count<workflows::items_awaited>("a", iteration_number{1}) == 1);
}

TEST_CASE_METHOD(
  fan_out_fixture, "items come from versions and from files",
  "[actors][node][fan_out]") {
  start({loop("a")
           .stage("train", writes("model.txt", "weights"))
           .stage("score", notes())
           .for_each(newest_versions(2))
           .stage("plan", writes("list.json", R"(["x", "y"])"))
           .stage("work", notes())
           .for_each(listed_in_file("plan", "list.json"))});
  for (int i = 0; i < 3; ++i)
    wait_for_end("a", trigger("a"));
  CHECK(
    ran() == items_run{"1", "2", "1", "3", "2", "x", "x", "x", "y", "y", "y"});
}

TEST_CASE_METHOD(
  fan_out_fixture, "a list that is none fails the stage with the reason",
  "[actors][node][fan_out]") {
  start({loop("a")
           .stage("plan", writes("list.json", "x, y"))
           .stage("work", notes())
           .for_each(listed_in_file("plan", "list.json"))});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(
    summary("a", n).verdict ==
    "stage \"work\" failed at attempt 1: the list of items, file \"list.json\" "
    "of stage \"plan\": no array; write [\"one\", \"two\"] (at byte 0 of the "
    "list)");
  CHECK(ran().empty());
}

TEST_CASE_METHOD(
  fan_out_fixture, "a restart goes on with the same items",
  "[actors][node][fan_out][restart]") {
  std::atomic<bool> hold{true};
  std::atomic<int> lists{0};
  const auto list = [&](stage_context&) {
    // Another list every time, so that a second look would be seen.
    return result<stage_output>{
      stage_output{{{"list", ++lists == 1 ? R"(["x","y","z"])" : R"(["q"])"}}}};
  };
  const auto work = notes([&](stage_context& context) -> result<stage_output> {
    while (context.item() == "y" && hold && !context.canceled())
      std::this_thread::yield();
    return stage_output{};
  });
  const std::vector<loop> loops{
    loop("a")
      .stage("plan", list)
      .stage("work", work)
      .for_each(listed_in(output("plan", "list")).parallel(1))};
  start(loops);
  const auto n = trigger("a");
  eventually("the second item runs", [&] { return ran().count("y") == 1; });
  stop();
  hold = false;
  start(loops);
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  // What ran when the engine went is lost and repeated, nothing else is.
  CHECK(ran() == items_run{"x", "y", "y", "z"});
  CHECK(count<workflows::items_fixed>("a", n) == 1);
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  fan_out_fixture, "an item's command that outlives the engine is adopted",
  "[actors][node][fan_out][restart]") {
  const auto proof = directory / "runs";
  const auto go = directory / "go";
  const std::vector<loop> loops{
    loop("a")
      .stage(
        "work",
        command(std::vector<std::string>{
          "/bin/sh", "-c",
          "echo run >> " + proof.string() + "; while [ ! -e " + go.string() +
            " ]; do sleep 0.02; done"}))
      .for_each(items({"x", "y"}).parallel(1))};
  start(loops);
  const auto n = trigger("a");
  eventually("the command runs", [&] { return exists(proof); });
  stop();
  start(loops);
  eventually("the command is adopted", [&] {
    return node->stats().attempts_adopted.load() == 1;
  });
  std::ofstream{go} << "now";
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(count<workflows::attempt_started>("a", n) == 2);
  CHECK(text_of(proof) == "run\nrun\n");
}

TEST_CASE_METHOD(
  fan_out_fixture, "a cancel stops every item", "[actors][node][fan_out]") {
  const auto proof = directory / "runs";
  start({loop("a")
           .stage(
             "work",
             command(std::vector<std::string>{
               "/bin/sh", "-c",
               "echo run >> " + proof.string() + "; exec sleep 600"}))
           .for_each(items({"x", "y", "z"}).parallel(2))});
  const auto n = trigger("a");
  eventually("two items run", [&] { return text_of(proof) == "run\nrun\n"; });
  REQUIRE(ask(
    {.verb = operator_verb::cancel, .loop = "a", .iteration = n, .who = "t"}));
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::canceled);
  CHECK(count<workflows::attempt_started>("a", n) == 2);
}

TEST_CASE_METHOD(
  fan_out_fixture, "an operator repeats one item", "[actors][node][fan_out]") {
  std::atomic<bool> broken{true};
  start({loop("a")
           .stage(
             "work", notes([&](stage_context& context) -> result<stage_output> {
               if (context.item() == "y" && broken)
                 return error{errc::io_error, "boom"};
               return stage_output{};
             }))
           .for_each(items({"x", "y"}).parallel(1))});
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(
    summary("a", n).verdict ==
    "stage \"work\" failed at attempt 1: 1 of 2 items failed: work[1] (y): "
    "boom");
  broken = false;
  REQUIRE(ask(
    {.verb = operator_verb::retry,
     .loop = "a",
     .iteration = n,
     .stage = "work[1]",
     .who = "t"}));
  wait_for_end("a", n);
  CHECK(summary("a", n).outcome == iteration_outcome::completed);
  CHECK(ran() == items_run{"x", "y", "y"});
}
