#include "formats/dataset.hpp"

#include "formats/json.hpp"

#include "../storage/history_fixture.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <map>
#include <random>

using namespace ratchet;
using namespace ratchet::formats;

namespace {

workflows::loop_definition loop_definition() {
  using workflows::value_type;
  workflows::loop_definition loop;
  loop.name = "digits";
  loop.channels = {
    {"correction", value_type::category, {"0", "7", "8"}, {}, {}},
    {"verdict", value_type::boolean, {}, {}, {}},
    {"rewrite", value_type::text, {}, {}, {}},
    {"score", value_type::number, {}, {}, {}},
  };
  loop.join_window = std::chrono::minutes{10};
  return loop;
}

event interaction(std::string id, std::string input = "[1]") {
  auto e = test::interaction(std::move(id));
  e.input = std::move(input);
  return e;
}
event feedback(
  std::string id, std::string about, feedback_value value,
  std::string channel = "correction") {
  auto e = test::feedback(std::move(id), std::move(about));
  e.value = std::move(value);
  e.channel = std::move(channel);
  return e;
}
feedback_value label(const char* text) {
  return std::string{text};
}

struct fixture : test::history_fixture {
  fixture() { loop = add_loop("digits"); }

  sequence
  add(const std::vector<event>& events, time_point at = from_ms(1'000)) {
    return append(test::make_batch("digits", events, at)).end;
  }
  result<dataset_manifest> write(
    workflows::dataset_options options, sequence from, sequence to,
    const dataset_hooks& hooks = {}) {
    if (options.channel.empty())
      options.channel = "correction";
    return export_dataset(
      *log, {definition, options, from, to, out.path()}, hooks);
  }
  result<dataset_manifest> write(workflows::dataset_options options = {}) {
    return write(std::move(options), {}, log->end(loop));
  }
  std::string text(const char* name) const {
    std::ifstream in{out.path() / name, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  /// Rows of both files by interaction.
  std::map<std::string, json> rows() const {
    std::map<std::string, json> found;
    for (const auto* name : {"train.jsonl", "eval.jsonl"}) {
      std::ifstream in{out.path() / name};
      for (std::string line; std::getline(in, line);) {
        const auto row = parse_json(line, name);
        REQUIRE(row);
        const auto& meta = (*row)["_meta"];
        CHECK(meta["split"].get<std::string>() + ".jsonl" == std::string{name});
        CHECK(found.emplace(meta["interaction_id"], *row).second);
      }
    }
    return found;
  }
  void sound(const result<dataset_manifest>& manifest) {
    if (!manifest)
      FAIL(manifest.err().message);
  }

  workflows::loop_definition definition = loop_definition();
  loop_number loop;
  test::temp_dir out;
};

} // namespace

TEST_CASE_METHOD(
  fixture, "each corrected interaction becomes one labeled row",
  "[formats][dataset]") {
  auto served = interaction("a", "{\"x\":\n1}");
  served.version.value = 3;
  served.slices = {{"writer", "w1"}};
  add({served, interaction("b"), interaction("quiet")});
  add(
    {feedback("f1", "a", label("7")), feedback("f2", "b", label("0")),
     feedback("f3", "a", label("8")), feedback("v", "quiet", true, "verdict"),
     feedback("lost", "nobody", label("0"))});
  const auto manifest = write();
  sound(manifest);
  CHECK(manifest->train.rows + manifest->eval.rows == 2);
  CHECK(manifest->joined == 3);
  CHECK(manifest->unmatched == 1);
  CHECK(manifest->late == 0);
  const auto found = rows();
  REQUIRE(found.size() == 2);
  // The last correction wins, and both are its lineage.
  const auto& row = found.at("a");
  CHECK(row["input"] == json{{"x", 1}});
  CHECK(row["label"] == "8");
  CHECK(row["_meta"]["feedback_ids"] == json{"f1", "f3"});
  CHECK(row["_meta"]["version"] == 3);
  CHECK(row["_meta"]["slice"] == json{{"writer", "w1"}});
  CHECK(found.at("b")["label"] == "0");
}

TEST_CASE_METHOD(
  fixture, "feedback before its interaction joins there",
  "[formats][dataset]") {
  add({feedback("f1", "a", label("7")), feedback("f2", "a", label("8"))});
  const auto middle = add({interaction("b")});
  add({interaction("a"), feedback("f3", "b", label("0"))});
  // Up to the middle, its interaction has not come.
  const auto early = write({}, {}, middle);
  sound(early);
  CHECK(early->unmatched == 2);
  CHECK(rows().empty());
  const auto all = write();
  sound(all);
  CHECK(all->unmatched == 0);
  CHECK(rows().at("a")["label"] == "8");
  CHECK(rows().size() == 2);
}

TEST_CASE_METHOD(
  fixture, "a range holds what joined in it", "[formats][dataset]") {
  const auto first =
    add({interaction("a"), interaction("b"), feedback("f1", "a", label("7"))});
  const auto second =
    add({feedback("f2", "b", label("0")), feedback("f3", "a", label("8"))});
  add({feedback("f4", "a", label("0"))});
  // Nothing from behind the end, though the history has it.
  sound(write({}, {}, first));
  CHECK(rows().size() == 1);
  CHECK(rows().at("a")["label"] == "7");
  const auto only_new = write({.whole_history = false}, first, second);
  sound(only_new);
  CHECK(only_new->from == first);
  CHECK(only_new->joined == 2);
  CHECK(rows().size() == 2);
  CHECK(rows().at("a")["_meta"]["feedback_ids"] == json{"f3"});
  // With the whole history, `from` does not count.
  const auto whole = write({}, first, second);
  sound(whole);
  CHECK(whole->from.value == 0);
  CHECK(rows().at("a")["_meta"]["feedback_ids"] == json{"f1", "f3"});
}

TEST_CASE_METHOD(
  fixture, "late feedback is kept and counted", "[formats][dataset]") {
  add({interaction("a"), interaction("b")}, from_ms(1'000));
  add({feedback("f1", "a", label("7"))}, from_ms(601'000));
  add({feedback("f2", "b", label("7"))}, from_ms(601'001));
  const auto manifest = write();
  sound(manifest);
  CHECK(manifest->joined == 2);
  CHECK(manifest->late == 1);
}

TEST_CASE_METHOD(
  fixture, "sft rows are conversations where the input is one",
  "[formats][dataset]") {
  add(
    {interaction(
       "chat", R"({"messages":[{"role":"user","content":"hi"}],"t":0})"),
     interaction("plain", R"("hi")"), interaction("none", "")});
  add(
    {feedback("f1", "chat", label("hello"), "rewrite"),
     feedback("f2", "plain", label("hello"), "rewrite"),
     feedback("f3", "none", label("hello"), "rewrite")});
  const auto manifest = write({.format = "sft", .channel = "rewrite"});
  sound(manifest);
  CHECK(manifest->unusable == 1);
  auto found = rows();
  const json user{{"role", "user"}, {"content", "hi"}};
  const json assistant{{"role", "assistant"}, {"content", "hello"}};
  CHECK(found.at("chat")["messages"] == json::array({user, assistant}));
  CHECK_FALSE(found.at("chat").contains("prompt"));
  CHECK(found.at("plain")["prompt"] == "hi");
  CHECK(found.at("plain")["completion"] == "hello");
}

TEST_CASE_METHOD(
  fixture, "kto rows have a prompt, a completion and a verdict",
  "[formats][dataset]") {
  auto plain = interaction("plain", R"("hi")");
  plain.output = R"("yo")";
  auto chat =
    interaction("chat", R"({"messages":[{"role":"user","content":"hi"}]})");
  chat.output = R"("yo")";
  add({plain, chat, interaction("no output")});
  add(
    {feedback("f1", "plain", true, "verdict"),
     feedback("f2", "chat", false, "verdict"),
     feedback("f3", "no output", true, "verdict")});
  const auto manifest = write({.format = "kto", .channel = "verdict"});
  sound(manifest);
  CHECK(manifest->unusable == 1);
  const auto found = rows();
  CHECK(found.at("plain")["prompt"] == "hi");
  CHECK(found.at("plain")["completion"] == "yo");
  CHECK(found.at("plain")["label"] == true);
  CHECK(
    found.at("chat")["prompt"] ==
    json::array({json{{"role", "user"}, {"content", "hi"}}}));
  CHECK(
    found.at("chat")["completion"] ==
    json::array({json{{"role", "assistant"}, {"content", "yo"}}}));
  CHECK(found.at("chat")["label"] == false);
}

/// The model: all events in memory, joined by looking at everything.
TEST_CASE_METHOD(
  fixture, "rows are those of a recomputation from all events",
  "[formats][dataset]") {
  constexpr unsigned seed = 5;
  INFO("seed " << seed);
  std::mt19937 random{seed};
  std::vector<event> events;
  for (int i = 0; i < 3'000; ++i) {
    const auto n = std::to_string(random() % 700);
    if (random() % 2 == 0)
      events.push_back(interaction("i" + n));
    else
      events.push_back(feedback(
        "f" + std::to_string(i), "i" + n,
        label(random() % 2 == 0 ? "7" : "8")));
  }
  std::map<std::string, std::string> label_of;
  std::map<std::string, bool> there;
  std::vector<event> unique;
  for (auto& e : events) {
    if (e.kind == event_kind::interaction && !there.emplace(e.id, true).second)
      continue; // A duplicate.
    if (e.kind == event_kind::feedback)
      label_of[e.interaction_id] = std::get<std::string>(e.value);
    unique.push_back(e);
  }
  add(unique);
  sound(write());
  const auto found = rows();
  std::size_t expected = 0;
  for (const auto& [id, wanted] : label_of) {
    if (!there.contains(id))
      continue;
    ++expected;
    REQUIRE(found.contains(id));
    CHECK(found.at(id)["label"] == wanted);
  }
  CHECK(found.size() == expected);
}

TEST_CASE_METHOD(
  fixture, "a dataset begins at what retention has left, and says so",
  "[formats][dataset]") {
  add({interaction("a"), feedback("f1", "a", label("7"))});
  add({interaction("b")});
  add({interaction("c"), feedback("f2", "b", label("0"))});
  add({feedback("f3", "a", label("8")), feedback("f4", "c", label("8"))});
  retain(loop, {3});
  const auto whole = write();
  sound(whole);
  CHECK(whole->first == sequence{3});
  CHECK(rows().size() == 2);
  CHECK(rows().contains("b"));
  CHECK(whole->joined == 2);
  // Of f3 nobody can say any more what it was about.
  CHECK(whole->unmatched == 1);
  CHECK(text("dataset.json").find("\"first\": 3") != std::string::npos);

  retain(loop, {6});
  const auto rest = write({.whole_history = false}, {2}, {5});
  sound(rest);
  CHECK(rest->first == sequence{6});
  CHECK(rows().empty());
}

TEST_CASE_METHOD(
  fixture, "retention waits for the dataset that is being written",
  "[formats][dataset]") {
  // More than a page, so that it is asked in between.
  for (int i = 0; i < 12; ++i) {
    std::vector<event> events;
    for (int j = 0; j < 50; ++j) {
      const auto id = std::to_string(i * 50 + j);
      events.push_back(interaction("i" + id));
      events.push_back(feedback("f" + id, "i" + id, label("7")));
    }
    add(events);
  }
  const auto end = log->end(loop);
  bool asked = false;
  const auto manifest = write({}, {}, end, {.canceled = [&] {
                                retain(loop, end.next());
                                asked = true;
                                return false;
                              }});
  sound(manifest);
  CHECK(asked);
  CHECK(manifest->first == sequence{1});
  CHECK(rows().size() == 600);
  CHECK(log->first(loop) == sequence{1});
  retain(loop, end.next());
  CHECK(log->first(loop) == end.next());
}

TEST_CASE_METHOD(
  fixture, "the manifest says what is in the dataset", "[formats][dataset]") {
  const auto end = add({interaction("a"), feedback("f", "a", label("7"))});
  std::vector<std::string> digested;
  double progress = 0;
  const dataset_hooks hooks{
    {},
    [&](double done) { progress = done; },
    [&](const std::filesystem::path& file) -> result<std::string> {
      digested.push_back(file.filename());
      return std::string{"abc"};
    }};
  sound(write({.eval_fraction = 0}, {}, end, hooks));
  CHECK(digested == std::vector<std::string>{"train.jsonl", "eval.jsonl"});
  CHECK(progress == 1);
  const auto manifest = parse_json(text("dataset.json"), "dataset.json");
  REQUIRE(manifest);
  CHECK((*manifest)["loop"] == "digits");
  CHECK((*manifest)["range"]["to"] == end.value);
  CHECK((*manifest)["files"][0]["rows"] == 1);
  CHECK((*manifest)["files"][0]["bytes"] == text("train.jsonl").size());
  CHECK((*manifest)["files"][0]["sha256"] == "abc");
  CHECK((*manifest)["files"][1]["rows"] == 0);
  // Twice the same is the same, byte by byte.
  const auto before = text("train.jsonl") + text("dataset.json");
  sound(write({.eval_fraction = 0}, {}, end, hooks));
  CHECK(text("train.jsonl") + text("dataset.json") == before);
}

TEST_CASE_METHOD(
  fixture, "a dataset that cannot be is refused", "[formats][dataset]") {
  const auto end = add({interaction("a")});
  const auto code = [&](workflows::dataset_options options, sequence to) {
    return write(std::move(options), {}, to).err().code;
  };
  CHECK(code({.format = "csv"}, end) == errc::invalid_argument);
  CHECK(code({.channel = "nope"}, end) == errc::invalid_argument);
  CHECK(code({.format = "kto"}, end) == errc::invalid_argument);
  CHECK(
    code({.format = "sft", .channel = "score"}, end) == errc::invalid_argument);
  CHECK(code({}, end.next()) == errc::invalid_argument);
  const dataset_hooks canceled{[] { return true; }, {}, {}};
  CHECK(write({}, {}, end, canceled).err().code == errc::canceled);
  CHECK(std::filesystem::is_empty(out.path()));
}
