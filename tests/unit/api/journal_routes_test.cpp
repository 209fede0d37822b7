#include "tests/unit/api/engine.hpp"
#include "tests/unit/api/recorded.hpp"

#include "formats/journal_export.hpp"
#include "workflows/replay.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace ratchet;
using ratchet::test::code_of;
using ratchet::test::engine;
using ratchet::test::recorded_iteration;

namespace {

std::vector<std::uint64_t> found(engine& it, const std::string& query) {
  const auto page = it.get_json("/v1/loops/digits/iterations?" + query);
  INFO(page.dump());
  std::vector<std::uint64_t> out;
  for (const auto& each : page.at("iterations"))
    out.push_back(each.at("number"));
  return out;
}

using numbers = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("a timeline says when each attempt waited, ran and ended", "[api]") {
  engine it;
  recorded_iteration{it.node, 1}
    .send(workflows::queue_attempt{"train", 1})
    .after(2)
    .send(workflows::dispatch_attempt{"train", 1})
    .after(3)
    .fail("train", "exited with 1");
  const auto line = it.get_json("/v1/loops/digits/iterations/1/timeline");
  CHECK(line["number"] == 1);
  CHECK(line["ended"].is_null());
  REQUIRE(line["stages"].size() == 3);
  const auto& train = line["stages"][0];
  CHECK(train["name"] == "train");
  CHECK(train["cleanup"].is_null());
  REQUIRE(train["attempts"].size() == 1);
  const auto& attempt = train["attempts"][0];
  CHECK(attempt["outcome"] == "failed");
  CHECK(attempt["queued"] == to_iso8601(recorded_iteration::at(0)));
  CHECK(attempt["started"] == to_iso8601(recorded_iteration::at(2)));
  CHECK(attempt["ended"] == to_iso8601(recorded_iteration::at(5)));
  CHECK_FALSE(attempt.contains("retry_at")); // It may be tried only once.
  CHECK(attempt["message"] == "exited with 1");
  CHECK(line["stages"][2]["cleanup"] == "on_failure");
  CHECK(line["stages"][2]["attempts"][0]["outcome"] == "running");
  CHECK(it.get("/v1/loops/digits/iterations/2/timeline").status == 404);
}

TEST_CASE("an exported iteration is replayed as it was decided", "[api]") {
  engine it;
  recorded_iteration live{it.node, 1};
  live.after(1).finish("train").after(1).finish("gate").close();
  const auto answer = it.get("/v1/loops/digits/iterations/1/export");
  CHECK(answer.status == 200);
  CHECK(answer.header("content-type") == "application/x-ndjson");
  std::istringstream file{answer.body};
  int read = 0;
  const auto done =
    formats::read_export(file, [&](const formats::exported_iteration& one) {
      ++read;
      CHECK(one.loop == "digits");
      const auto replayed = workflows::replay(one.plan, one.events);
      INFO((replayed ? std::string{} : replayed.err().message));
      REQUIRE(replayed.ok());
      CHECK(replayed->state == live.state());
      return result<void>{};
    });
  INFO((done ? std::string{} : done.err().message));
  CHECK(done.ok());
  CHECK(read == 1);
  const auto shown = json::parse(answer.body.substr(0, answer.body.find('\n')));
  CHECK(
    shown ==
    json(
      {{"type", "export"},
       {"format", 1},
       {"kind", "iteration"},
       {"loop", "digits"}}));
}

TEST_CASE("iterations are searched by state, stage, time and text", "[api]") {
  engine it;
  recorded_iteration{it.node, 1, 0, "holiday traffic"}
    .after(5)
    .fail("train", "CUDA OOM")
    .finish("notify")
    .close();
  recorded_iteration{it.node, 2, 100}
    .finish("train")
    .finish("gate")
    .after(5)
    .close();
  recorded_iteration{it.node, 3, 200};
  CHECK(found(it, "") == numbers{3, 2, 1});
  CHECK(found(it, "state=running") == numbers{3});
  CHECK(found(it, "state=ended") == numbers{2, 1});
  CHECK(found(it, "state=failed") == numbers{1});
  CHECK(found(it, "state=asleep").empty());
  CHECK(found(it, "stage=train") == numbers{3, 1});
  CHECK(found(it, "stage=train&status=succeeded") == numbers{2});
  CHECK(found(it, "state=failed&stage=train&text=oom") == numbers{1});
  CHECK(found(it, "text=Holiday") == numbers{1});
  const auto since = to_iso8601(recorded_iteration::at(50));
  CHECK(found(it, "since=" + since) == numbers{3, 2});
  CHECK(found(it, "until=" + since) == numbers{1});
}

TEST_CASE("a search ends a page at its limit and goes on behind it", "[api]") {
  engine it;
  for (std::uint64_t n = 1; n <= 5; ++n) {
    recorded_iteration one{it.node, n};
    if (n % 2 == 1)
      one.fail("train", "boom").finish("notify");
  }
  const auto page =
    it.get_json("/v1/loops/digits/iterations?state=failed&limit=2");
  CHECK(page["iterations"][0]["number"] == 5);
  CHECK(page["iterations"][1]["number"] == 3);
  CHECK(page["next_before"] == 3);
  CHECK(found(it, "state=failed&limit=2&before=3") == numbers{1});
  const auto last =
    it.get_json("/v1/loops/digits/iterations?state=failed&before=3");
  CHECK(last["next_before"].is_null());
}

TEST_CASE("one search looks at no more than it may", "[api]") {
  engine it;
  constexpr std::uint64_t many = 520; // Journals of one request: 500.
  for (std::uint64_t n = 1; n <= many; ++n)
    recorded_iteration{it.node, n, 0, n == 1 ? "needle" : "hay"};
  const auto page = it.get_json("/v1/loops/digits/iterations?text=needle");
  CHECK(page["iterations"].empty());
  CHECK(page["next_before"] == many - 500 + 1);
  CHECK(
    found(it, "text=needle&before=" + page["next_before"].dump()) ==
    numbers{1});
}

TEST_CASE("a search that cannot be meant is refused", "[api]") {
  engine it;
  for (const auto* query :
       {"state=sleeping", "status=failed", "stage=train&status=bad",
        "since=yesterday", "until=12", "colour=red", "limit=x"}) {
    INFO(query);
    const auto answer =
      it.get(std::string{"/v1/loops/digits/iterations?"} + query);
    CHECK(answer.status == 400);
    CHECK(code_of(answer) == "invalid_argument");
  }
}
