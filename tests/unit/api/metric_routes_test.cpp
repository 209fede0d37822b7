#include "storage/monitor_store.hpp"
#include "tests/unit/api/engine.hpp"
#include "tests/unit/api/recorded.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace ratchet;
using namespace std::chrono_literals;
using ratchet::test::code_of;
using ratchet::test::engine;

namespace {

constexpr auto hour = 3'600'000;

/// A monitor that has seen verdicts of version 1, and latencies.
struct monitored {
  explicit monitored(engine& e) : it(e), newest(e.clock.now() - 10min) {
    auto& digits = it.node.definition("digits");
    digits.channels.push_back(
      {"latency", workflows::value_type::number, {}, {}, {}});
    digits.metrics.push_back({"latency", "latency", false});
    digits.windows = {3h, 1h, 24h};
    for (int i = 0; i < 100; ++i) {
      const auto at = newest - i * 6min;
      see(
        {"accuracy",
         version_number{1},
         i % 10 == 0 ? 0.0 : 1.0,
         {{"device", i % 2 == 0 ? "pen" : "finger"}}},
        at, false);
      see({"latency", version_number{1}, 100.0 + i, {}}, at, true);
    }
    storage::write_batch batch;
    storage::put_monitor(batch, it.node.number("digits"), state);
    storage::put_history(batch, it.node.number("digits"), history);
    it.node.commit(batch);
  }

  void see(const analysis::observation& seen, time_point at, bool number) {
    analysis::fold(
      {seen, at, newest, number}, state.metrics, history, state.drops);
  }

  engine& it;
  time_point newest;
  storage::monitor_state state;
  analysis::metric_history history{{{3h, 1h, 24h}, 2h, 3h}};
};

} // namespace

TEST_CASE("a metric that was never seen is no data", "[api][metrics]") {
  engine it;
  const auto all = it.get_json("/v1/loops/digits/metrics");
  CHECK(all["loop"] == "digits");
  CHECK(all["newest"].is_null());
  REQUIRE(all["metrics"].size() == 1);
  const auto& cell = all["metrics"][0];
  CHECK(cell["metric"] == "accuracy");
  CHECK(cell["version"].is_null());
  CHECK(cell["state"] == "no_data");
  CHECK(cell["count"] == 0);
  CHECK(cell["mean"].is_null());
  CHECK(cell["interval"].is_null());
  CHECK(cell["recent"].is_null());
}

TEST_CASE("metrics have intervals, and say of which kind", "[api][metrics]") {
  engine it;
  const monitored m{it};
  const auto all = it.get_json("/v1/loops/digits/metrics");
  CHECK(all["confidence"] == 0.95);
  CHECK(all["newest"] == to_iso8601(m.newest));
  CHECK(all["watermark"] == to_iso8601(m.newest - 2h));
  CHECK(
    all["window"] ==
    json({{"size_ms", 3 * hour}, {"slide_ms", hour}, {"keep_ms", 24 * hour}}));
  REQUIRE(all["metrics"].size() == 4);
  const auto& accuracy = all["metrics"][0];
  CHECK(accuracy["scope"] == "overall");
  CHECK(accuracy["state"] == "live");
  CHECK(accuracy["count"] == 100);
  CHECK(accuracy["mean"] == 0.9);
  CHECK(accuracy["method"] == "confidence_sequence");
  // 90 of 100, best at 1,000: the formula of Howard et al. (2021), bisected in
  // Python with math.lgamma.
  CHECK(
    accuracy["interval"][0].get<double>() ==
    Approx(0.7396543614).epsilon(1e-6));
  CHECK(
    accuracy["interval"][1].get<double>() ==
    Approx(0.9748097067).epsilon(1e-6));
  CHECK(accuracy["recent"]["half_life_ms"] == 3 * hour);
  CHECK(accuracy["recent"]["effective_count"] > 50);
  CHECK(accuracy["recent"]["method"] == "normal");
  CHECK_FALSE(accuracy.contains("quantiles"));
  CHECK_FALSE(accuracy.contains("windows"));
  CHECK(all["metrics"][1]["attribute"] == "device");
  CHECK(all["metrics"][1]["count"] == 50);
  const auto& latency = all["metrics"][3];
  CHECK(latency["method"] == "asymptotic_confidence_sequence");
  const auto& quantiles = latency["quantiles"];
  REQUIRE(quantiles.size() == 4);
  CHECK(quantiles[0]["q"] == 0.5);
  CHECK(quantiles[0]["value"].get<double>() == Approx(149).epsilon(0.02));
  CHECK(quantiles[0]["interval"][0] < quantiles[0]["value"]);
  CHECK(quantiles[0]["interval"][1] > quantiles[0]["value"]);
  CHECK(quantiles[3]["interval"][1].is_null()); // Too few for a bound.
}

TEST_CASE("windows come with their own numbers", "[api][metrics]") {
  engine it;
  monitored m{it};
  const auto all = it.get_json(
    "/v1/loops/digits/metrics?windows=30&metric=accuracy&attribute=device&"
    "value=pen&version=1");
  REQUIRE(all["metrics"].size() == 1);
  const auto& windows = all["metrics"][0]["windows"];
  CHECK(windows.size() == 24); // As far back as is kept.
  CHECK(windows[0]["final"] == false);
  CHECK(windows[0]["state"] == "data");
  CHECK(windows.back()["final"] == true);
  CHECK(windows.back()["state"] == "no_data");
  CHECK(windows.back()["count"] == 0);
  CHECK(windows.back()["mean"].is_null());
  const auto& full = windows[4];
  CHECK(full["count"] == 15);
  CHECK(full["interval"].size() == 2);
  const auto numbers =
    it.get_json("/v1/loops/digits/metrics?windows=1&metric=latency");
  CHECK(numbers["metrics"][0]["windows"][0]["quantiles"].size() == 4);
  // Nothing for a window's length: silent, which is not the same as bad.
  it.clock.advance(4h);
  CHECK(
    it.get_json("/v1/loops/digits/metrics")["metrics"][0]["state"] == "silent");
}

TEST_CASE("metrics that are asked for wrongly are refused", "[api][metrics]") {
  engine it;
  const monitored m{it};
  CHECK(it.get("/v1/loops/digits/metrics?value=pen").status == 400);
  CHECK(it.get("/v1/loops/digits/metrics?windows=5001").status == 400);
  const auto many = it.get("/v1/loops/digits/metrics?windows=5000");
  CHECK(many.status == 200); // 5000 of 4 places.
  CHECK(it.get("/v1/loops/digits/metrics?version=x").status == 400);
  CHECK(it.get("/v1/loops/digits/metrics?x=1").status == 400);
  CHECK(it.get("/v1/loops/nowhere/metrics").status == 404);
}
