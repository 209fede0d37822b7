#include "tests/unit/api/engine.hpp"
#include "tests/unit/api/recorded.hpp"

#include "storage/audit_log.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using ratchet::test::code_of;
using ratchet::test::engine;
using ratchet::test::recorded_iteration;
using verb = actors::operator_verb;
using workflows::audit_outcome;

namespace {

void audit(
  engine& it, const std::string& loop, int minute, std::uint64_t index,
  const std::string& who, const std::string& what,
  audit_outcome outcome = audit_outcome::accepted) {
  workflows::audit_entry entry;
  entry.stamp = {recorded_iteration::at(minute), index};
  entry.verb = what;
  entry.who = who;
  entry.outcome = outcome;
  if (outcome == audit_outcome::refused)
    entry.detail = "it runs";
  entry.iteration = iteration_number{index};
  storage::write_batch batch;
  storage::put_audit(batch, it.node.number(loop), entry);
  it.node.commit(batch);
}

/// "loop index" of each entry.
std::vector<std::string> entries(const json& page) {
  INFO(page.dump());
  std::vector<std::string> out;
  for (const auto& each : page.at("entries"))
    out.push_back(
      each.at("loop").get<std::string>() + " " + each.at("iteration").dump());
  return out;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("labels and pauses reach the node as they were meant", "[api]") {
  engine it;
  for (const auto& [path, body] :
       std::vector<std::pair<std::string, std::string>>{
         {"/v1/loops/digits/iterations/4/label",
          R"({"labels":{"team":"vision","old":null},"who":"ada"})"},
         {"/v1/loops/digits/iterations/4/pause", R"({"now":true})"},
         {"/v1/loops/digits/iterations/4/pause", ""},
         {"/v1/loops/digits/trigger", R"({"labels":{"team":"vision"}})"}}) {
    INFO(path << " " << body);
    CHECK(it.post(path, body).status == 200);
  }
  REQUIRE(it.node.requests.size() == 4);
  const auto& all = it.node.requests;
  CHECK(all[0].labels.at("team") == "vision");
  CHECK(all[0].removed_labels == texts{"old"});
  CHECK(all[1].at_once);
  CHECK_FALSE(all[2].at_once);
  CHECK(all[3].labels.at("team") == "vision");
  for (const auto& [path, body] :
       std::vector<std::pair<std::string, std::string>>{
         {"/v1/loops/digits/iterations/4/label", "{}"},
         {"/v1/loops/digits/iterations/4/label", R"({"labels":{"a":1}})"},
         {"/v1/loops/digits/trigger", R"({"labels":{"a":null}})"},
         {"/v1/loops/digits/pause", R"({"now":true})"},
         {"/v1/loops/digits/iterations/4/pause", R"({"now":1})"}}) {
    INFO(path << " " << body);
    CHECK(it.post(path, body).status == 400);
  }
}

TEST_CASE("one verb for many iterations is answered for each", "[api]") {
  engine it;
  const auto answer = it.post(
    "/v1/loops/digits/iterations/cancel",
    R"({"iterations":[9,4,9],"reason":"wrong data","who":"ada"})");
  INFO(answer.body);
  CHECK(answer.status == 200);
  CHECK(
    json::parse(answer.body) ==
    json(
      {{"results",
        {{{"iteration", 4}, {"changed", true}, {"error", nullptr}},
         {{"iteration", 9}, {"changed", true}, {"error", nullptr}}}}}));
  REQUIRE(it.node.requests.size() == 2);
  for (const auto& request : it.node.requests) {
    CHECK(request.verb == verb::cancel);
    CHECK(request.reason == "wrong data");
    CHECK(request.who == "ada");
  }
  it.node.failure = error{errc::conflict, "iteration 4 has ended"};
  const auto refused = json::parse(
    it.post("/v1/loops/digits/iterations/pause", R"({"iterations":[4]})").body);
  CHECK(refused["results"][0]["changed"] == false);
  CHECK(refused["results"][0]["error"]["code"] == "conflict");
  CHECK(refused["results"][0]["error"]["message"] == "iteration 4 has ended");
}

TEST_CASE("many are answered, approved and signaled at once", "[api]") {
  engine it;
  for (const auto& [name, body] :
       std::vector<std::pair<std::string, std::string>>{
         {"approve", R"({"iterations":[4],"who":"ada","stage":"train"})"},
         {"reject", R"({"iterations":[4],"who":"ada","reason":"worse"})"},
         {"signal", R"({"iterations":[4],"signal":"go","payload":[1]})"}}) {
    INFO(name);
    CHECK(it.post("/v1/loops/digits/iterations/" + name, body).status == 200);
  }
  REQUIRE(it.node.requests.size() == 3);
  CHECK(it.node.requests[0].verb == verb::approve);
  CHECK(it.node.requests[0].stage == "train");
  CHECK(it.node.requests[1].verb == verb::reject);
  CHECK(it.node.requests[2].signal.name == "go");
  CHECK(it.node.requests[2].signal.payload == "[1]");
  for (const auto& [name, body] :
       std::vector<std::pair<std::string, std::string>>{
         {"approve", R"({"iterations":[4]})"},
         {"reject", R"({"iterations":[4],"who":"ada"})"},
         {"signal", R"({"iterations":[4]})"}}) {
    INFO(name);
    CHECK(it.post("/v1/loops/digits/iterations/" + name, body).status == 400);
  }
  CHECK(it.node.requests.size() == 3);
}

TEST_CASE("a verb for many is refused before it reaches any", "[api]") {
  engine it;
  std::string many = "1";
  for (int n = 2; n <= 501; ++n)
    many += "," + std::to_string(n);
  for (const auto& body :
       {std::string{"{}"}, std::string{R"({"reason":"r"})"},
        std::string{R"({"reason":"r","iterations":[]})"},
        std::string{R"({"reason":"r","iterations":["4"]})"},
        std::string{R"({"reason":"r","iterations":[0]})"},
        R"({"reason":"r","iterations":[)" + many + "]}",
        std::string{R"({"iterations":[4]})"}}) {
    INFO(body);
    const auto answer = it.post("/v1/loops/digits/iterations/cancel", body);
    CHECK(answer.status == 400);
    CHECK(code_of(answer) == "invalid_argument");
  }
  CHECK(it.node.requests.empty());
}

TEST_CASE("the audit log of all loops is one, the newest first", "[api]") {
  engine it;
  audit(it, "digits", 1, 1, "ada", "pause");
  audit(it, "other", 2, 1, "bob", "cancel");
  audit(it, "digits", 3, 2, "bob", "skip", audit_outcome::refused);
  audit(it, "other", 3, 2, "ada", "trigger");
  const auto all = it.get_json("/v1/audit");
  CHECK(entries(all) == texts{"other 2", "digits 2", "other 1", "digits 1"});
  CHECK(all["next_before"].is_null());
  CHECK(all["entries"][1]["outcome"] == "refused");
  CHECK(all["entries"][1]["detail"] == "it runs");
  CHECK(
    entries(it.get_json("/v1/audit?loop=digits")) ==
    texts{"digits 2", "digits 1"});
  CHECK(
    entries(it.get_json("/v1/audit?who=bob")) == texts{"digits 2", "other 1"});
  CHECK(entries(it.get_json("/v1/audit?verb=pause")) == texts{"digits 1"});
  CHECK(entries(it.get_json("/v1/audit?outcome=refused")) == texts{"digits 2"});
  CHECK(
    entries(it.get_json(
      "/v1/audit?since=" + to_iso8601(recorded_iteration::at(2)) +
      "&until=" + to_iso8601(recorded_iteration::at(3)))) == texts{"other 1"});
}

TEST_CASE("pages of the audit log miss nothing and repeat nothing", "[api]") {
  engine it;
  texts expected;
  for (int n = 40; n > 0; --n) {
    // Some at the same time, in both loops.
    const auto loop = n % 3 == 0 ? "other" : "digits";
    audit(it, loop, n / 4, static_cast<std::uint64_t>(n), "ada", "pause");
  }
  const auto whole = entries(it.get_json("/v1/audit?limit=500"));
  REQUIRE(whole.size() == 40);
  for (const auto limit : {1, 7, 40}) {
    texts read;
    std::string before;
    do {
      const auto page = it.get_json(
        "/v1/audit?limit=" + std::to_string(limit) +
        (before.empty() ? "" : "&before=" + before));
      for (auto& each : entries(page))
        read.push_back(each);
      before = page["next_before"].is_null()
        ? ""
        : page["next_before"].get<std::string>();
    } while (!before.empty());
    CHECK(read == whole);
  }
}

TEST_CASE("an audit query that cannot be meant is refused", "[api]") {
  engine it;
  for (const auto* query :
       {"before=x", "before=1-2", "before=1-2-3-4", "since=now", "until=1",
        "colour=red"}) {
    INFO(query);
    CHECK(it.get(std::string{"/v1/audit?"} + query).status == 400);
  }
  CHECK(it.get("/v1/audit?loop=nowhere").status == 404);
}

TEST_CASE("an iteration tells its pause and its labels", "[api]") {
  engine it;
  recorded_iteration live{it.node, 1};
  live.after(1)
    .send(workflows::label_iteration{{{"team", "vision"}}, {}, "ada", ""})
    .send(workflows::pause_iteration{"ada", "quiet", false});
  const auto shown = it.get_json("/v1/loops/digits/iterations/1");
  CHECK(shown["labels"] == json({{"team", "vision"}}));
  CHECK(shown["paused"]["who"] == "ada");
  CHECK(shown["paused"]["now"] == false);
  const auto list =
    it.get_json("/v1/loops/digits/iterations?state=paused&label=team%3Dvision");
  REQUIRE(list["iterations"].size() == 1);
  CHECK(list["iterations"][0]["paused"] == true);
  CHECK(list["iterations"][0]["labels"]["team"] == "vision");
  CHECK(
    it.get_json("/v1/loops/digits/iterations?label=team%3Dspeech")["iterations"]
      .empty());
  CHECK(it.get("/v1/loops/digits/iterations?label=team").status == 400);
  live.after(1).send(workflows::resume_iteration{"bob", ""});
  const auto line = it.get_json("/v1/loops/digits/iterations/1/timeline");
  REQUIRE(line["pauses"].size() == 1);
  CHECK(line["pauses"][0]["from"] == to_iso8601(recorded_iteration::at(1)));
  CHECK(line["pauses"][0]["to"] == to_iso8601(recorded_iteration::at(2)));
}
