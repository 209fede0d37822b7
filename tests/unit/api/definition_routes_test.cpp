#include "tests/unit/api/engine.hpp"
#include "tests/unit/api/recorded.hpp"

#include "formats/journal_export.hpp"
#include "storage/audit_log.hpp"
#include "workflows/replay.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <sstream>

using namespace ratchet;
using ratchet::test::code_of;
using ratchet::test::digits_loop;
using ratchet::test::engine;
using ratchet::test::recorded_iteration;

namespace {

/// As an engine that hosted it with a longer time-out, before this one.
std::string host_earlier(engine& it) {
  auto earlier = digits_loop();
  earlier.stages[0].timeout = std::chrono::hours{9};
  const auto fingerprint = workflows::fingerprint(earlier);
  const auto loop = it.node.number("digits");
  storage::write_batch batch;
  storage::put_definition(batch, loop, fingerprint, earlier);
  storage::put_definition_dates(
    batch, loop, fingerprint,
    {recorded_iteration::at(1), recorded_iteration::at(2)});
  storage::put_definition_dates(
    batch, loop, workflows::fingerprint(digits_loop()),
    {recorded_iteration::at(3), recorded_iteration::at(4)});
  it.node.commit(batch);
  return fingerprint;
}

/// A loop that an earlier engine hosted, and this one does not.
void leave_orphan(engine& it, const std::string& name, bool archived) {
  auto plan = digits_loop();
  plan.name = name;
  storage::write_batch batch;
  const auto numbers = it.node.journal().register_loops(batch, {name});
  storage::put_definition(
    batch, numbers->front(), workflows::fingerprint(plan), plan);
  workflows::loop_state state;
  const auto record = [&](const workflows::loop_event& event) {
    storage::record(batch, numbers->front(), state.event_count, event);
    workflows::apply(state, event);
  };
  record(workflows::loop_adopted{recorded_iteration::at(1)});
  if (archived)
    record(workflows::loop_archived{"ada", "", recorded_iteration::at(2)});
  storage::put_state(batch, numbers->front(), state);
  it.node.commit(batch);
  it.node.open_history();
}

std::vector<std::string> names_of(const json& loops) {
  std::vector<std::string> out;
  for (const auto& each : loops.at("loops"))
    out.push_back(each.at("name"));
  return out;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("definitions are listed with what runs under them", "[api]") {
  engine it;
  const auto earlier = host_earlier(it);
  recorded_iteration{it.node, 1};
  const auto list = it.get_json("/v1/loops/digits/definitions")["definitions"];
  REQUIRE(list.size() == 2);
  CHECK(list[0]["fingerprint"] == workflows::fingerprint(digits_loop()));
  CHECK(list[0]["hosted"] == true);
  CHECK(list[0]["in_flight"] == 1);
  CHECK(list[0]["first_hosted"] == to_iso8601(recorded_iteration::at(3)));
  CHECK(list[1]["fingerprint"] == earlier);
  CHECK(list[1]["hosted"] == false);
  CHECK(list[1]["in_flight"] == 0);
  CHECK(list[1]["last_hosted"] == to_iso8601(recorded_iteration::at(2)));
  const auto one =
    it.get_json("/v1/loops/digits/definitions/" + earlier.substr(0, 6));
  CHECK(one["fingerprint"] == earlier);
  CHECK(one["definition"]["stages"][0]["timeout_ms"] == 9 * 3'600'000);
}

TEST_CASE(
  "a diff says what changed, of the last two if none is named", "[api]") {
  engine it;
  const auto now = workflows::fingerprint(digits_loop());
  const auto alone = it.get("/v1/loops/digits/definitions/diff");
  CHECK(alone.status == 409);
  CHECK(code_of(alone) == "failed_condition");
  const auto earlier = host_earlier(it);
  const auto expected = json(
    {{"place", "stage \"train\""},
     {"name", "timeout"},
     {"before", "9h"},
     {"after", "1h"}});
  const auto last = it.get_json("/v1/loops/digits/definitions/diff");
  CHECK(last["from"] == earlier);
  CHECK(last["to"] == now);
  CHECK(last["changes"] == json::array({expected}));
  const auto back = it.get_json(
    "/v1/loops/digits/definitions/diff?from=" + now + "&to=" + earlier);
  CHECK(back["changes"][0]["after"] == "9h");
  CHECK(it.get("/v1/loops/digits/definitions/diff?from=zz").status == 404);
  CHECK(it.get("/v1/loops/digits/definitions/diff?a=b").status == 400);
  CHECK(it.get("/v1/loops/digits/definitions/zz").status == 404);
}

TEST_CASE("a loop that nobody hosts is listed, and can be read", "[api]") {
  engine it;
  leave_orphan(it, "old", false);
  leave_orphan(it, "older", true);
  CHECK(names_of(it.get_json("/v1/loops")) == texts{"digits", "old", "other"});
  CHECK(
    names_of(it.get_json("/v1/loops?all=true")) ==
    texts{"digits", "old", "older", "other"});
  const auto old = it.get_json("/v1/loops/old");
  CHECK(old["orphaned"] == true);
  CHECK(old["archived"] == false);
  CHECK(old["definition"]["stages"].size() == 2);
  CHECK(it.get_json("/v1/loops/digits")["orphaned"] == false);
  CHECK(it.get_json("/v1/loops/older")["archived"] == true);
  CHECK(it.get("/v1/loops/old/iterations").status == 200);
  CHECK(it.get("/v1/loops/old/decisions").status == 200);
  CHECK(it.get("/v1/loops/old/definitions").status == 200);
  CHECK(it.get("/v1/loops/nowhere").status == 404);
  CHECK(it.post("/v1/loops/old/trigger", "").status == 404);
}

TEST_CASE("an archive reaches the node, with a reason only", "[api]") {
  engine it;
  CHECK(it.post("/v1/loops/old/archive", "{}").status == 400);
  CHECK(
    it.post("/v1/loops/old/archive", R"({"reason":"gone","who":"ada"})")
      .status == 200);
  REQUIRE(it.node.requests.size() == 1);
  CHECK(it.node.requests[0].verb == actors::operator_verb::archive);
  CHECK(it.node.requests[0].loop == "old");
  CHECK(it.node.requests[0].reason == "gone");
}

TEST_CASE("the export of a loop comes in blocks that fit together", "[api]") {
  engine it;
  constexpr std::uint64_t many = 60;
  // Long reasons, so that one block does not hold them all.
  for (std::uint64_t n = 1; n <= many; ++n)
    recorded_iteration{it.node, n, 0, std::string(9000, 'r')};
  storage::write_batch batch;
  workflows::audit_entry entry;
  entry.stamp = {recorded_iteration::at(1), 1};
  entry.verb = "pause";
  storage::put_audit(batch, it.node.number("digits"), entry);
  it.node.commit(batch);

  std::string file;
  std::string next;
  int blocks = 0;
  do {
    const auto answer = it.get(
      "/v1/loops/digits/export" + (next.empty() ? "" : "?after=" + next));
    REQUIRE(answer.status == 200);
    file += answer.body;
    next = answer.header("ratchet-next");
    ++blocks;
  } while (!next.empty());
  CHECK(blocks > 1);

  std::istringstream from{file};
  std::uint64_t read = 0;
  const auto done =
    formats::read_export(from, [&](const formats::exported_iteration& one) {
      CHECK(one.number.value == ++read);
      CHECK(workflows::replay(one.plan, one.events).ok());
      return result<void>{};
    });
  INFO((done ? std::string{} : done.err().message));
  CHECK(done.ok());
  CHECK(read == many);
  std::map<std::string, std::uint64_t> types;
  std::istringstream lines{file};
  for (std::string line; std::getline(lines, line);)
    ++types[json::parse(line).at("type")];
  CHECK(types["definition"] == 1);
  CHECK(types["iteration"] == many);
  CHECK(types["decision"] == many);
  CHECK(types["audit"] == 1);
  CHECK(it.get("/v1/loops/digits/export?after=1-9-0-0").status == 400);
  CHECK(it.get("/v1/loops/digits/export?after=x").status == 400);
}
