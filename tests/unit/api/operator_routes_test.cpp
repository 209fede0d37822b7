#include "tests/unit/api/engine.hpp"
#include "tests/unit/api/raw_socket.hpp"

#include <catch2/catch.hpp>

#include <tuple>
#include <utility>
#include <vector>

using namespace ratchet;
using ratchet::test::code_of;
using ratchet::test::engine;
using verb = actors::operator_verb;

TEST_CASE("each operator's verb reaches the node as it was meant", "[api]") {
  engine it;
  it.node.answer = {iteration_number{7}, version_number{3}, true};
  const std::vector<std::tuple<std::string, std::string, verb>> wishes{
    {"/v1/loops/digits/trigger", "", verb::trigger},
    {"/v1/loops/digits/pause", R"({"reason":"r","who":"w"})", verb::pause},
    {"/v1/loops/digits/resume", "{}", verb::resume},
    {"/v1/loops/digits/promote", R"({"reason":"r","version":2})",
     verb::promote},
    {"/v1/loops/digits/rollback", R"({"reason":"r"})", verb::rollback},
    {"/v1/loops/digits/iterations/4/cancel", R"({"reason":"r"})", verb::cancel},
    {"/v1/loops/digits/iterations/4/retry", R"({"stage":"train"})",
     verb::retry},
    {"/v1/loops/digits/iterations/4/pause", R"({"now":true})",
     verb::pause_iteration},
    {"/v1/loops/digits/iterations/4/resume", "", verb::resume_iteration},
    {"/v1/loops/digits/iterations/4/label", R"({"labels":{"a":"b"}})",
     verb::label},
    {"/v1/loops/digits/iterations/4/skip",
     R"({"stage":"train","reason":"r","who":"w"})", verb::skip},
  };
  for (const auto& [path, body, expected] : wishes) {
    INFO(path);
    const auto answer = it.post(path, body);
    INFO(answer.body);
    CHECK(answer.status == 200);
    CHECK(
      json::parse(answer.body) ==
      json({{"iteration", 7}, {"version", 3}, {"changed", true}}));
    REQUIRE(it.node.requests.size() == 1);
    const auto request = it.node.requests.back();
    it.node.requests.clear();
    CHECK(request.verb == expected);
    CHECK(request.loop == "digits");
    CHECK(request.iteration.value == (path.find('4') == path.npos ? 0 : 4));
    CHECK(request.version.value == (expected == verb::promote ? 2 : 0));
    const auto of_stage = expected == verb::retry || expected == verb::skip;
    CHECK(request.stage == (of_stage ? "train" : ""));
  }
}

TEST_CASE("a wish that cannot be meant is refused before the node", "[api]") {
  engine it;
  const std::vector<std::tuple<std::string, std::string, unsigned>> wishes{
    {"/v1/loops/nowhere/pause", "", 404},
    {"/v1/loops/digits/rollback", "", 400},
    {"/v1/loops/digits/promote", R"({"reason":"r"})", 400},
    {"/v1/loops/digits/promote", R"({"reason":"r","version":-1})", 400},
    {"/v1/loops/digits/promote", R"({"reason":"r","version":"2"})", 400},
    {"/v1/loops/digits/pause", R"({"raeson":"r"})", 400},
    {"/v1/loops/digits/pause", R"({"reason":1})", 400},
    {"/v1/loops/digits/pause", "[]", 400},
    {"/v1/loops/digits/pause", "{", 400},
    {"/v1/loops/digits/pause?force=1", "", 400},
    {"/v1/loops/digits/iterations/0/cancel", R"({"reason":"r"})", 400},
    {"/v1/loops/digits/iterations/1/cancel", "{}", 400},
    {"/v1/loops/digits/iterations/1/retry", R"({"stage":"nope"})", 400},
    {"/v1/loops/digits/iterations/1/skip", R"({"stage":"train"})", 400},
    {"/v1/loops/digits/iterations/1/skip", R"({"reason":"r"})", 400},
    {"/v1/loops/digits/iterations/1/skip", R"({"stage":"nope","reason":"r"})",
     400},
    {"/v1/loops/digits/versions", "{}", 400},
    {"/v1/loops/digits/versions",
     R"({"artifact":{"digest":"../../x","name":"m"}})", 400},
  };
  for (const auto& [path, body, status] : wishes) {
    INFO(path << " " << body);
    const auto answer = it.post(path, body);
    CHECK(answer.status == status);
    CHECK(
      code_of(answer) == (status == 404 ? "not_found" : "invalid_argument"));
    CHECK(it.node.requests.empty());
  }
}

TEST_CASE("what the node refuses has its status and code", "[api]") {
  engine it;
  const std::vector<std::pair<errc, unsigned>> refusals{
    {errc::conflict, 409},     {errc::not_found, 404},
    {errc::unavailable, 503},  {errc::timed_out, 504},
    {errc::corruption, 500},   {errc::resource_limit, 413},
    {errc::unauthorized, 401},
  };
  for (const auto& [code, status] : refusals) {
    it.node.failure = error{code, "why not"};
    const auto answer = it.post("/v1/loops/digits/pause", "");
    CHECK(answer.status == status);
    CHECK(code_of(answer) == to_string(code));
  }
}

TEST_CASE("an artifact goes in, becomes a version, and comes out", "[api]") {
  engine it;
  std::string bytes(3'000'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i * i >> 7U);
  const auto put = *it.client->put("/v1/artifacts?name=model.bin", bytes);
  INFO(put.body);
  REQUIRE(put.status == 200);
  const auto stored = json::parse(put.body);
  CHECK(stored["bytes"] == bytes.size());
  CHECK(stored["name"] == "model.bin");
  const std::string digest = stored["digest"];

  const auto version = it.post(
    "/v1/loops/digits/versions",
    json({{"artifact", {{"digest", digest}, {"name", "model.bin"}}},
          {"champion", true},
          {"reason", "the first"}})
      .dump());
  CHECK(version.status == 200);
  REQUIRE(it.node.requests.size() == 1);
  CHECK(it.node.requests[0].verb == verb::add_version);
  CHECK(it.node.requests[0].champion);
  CHECK(it.node.requests[0].artifact.digest == digest);
  CHECK(it.node.requests[0].artifact.bytes == bytes.size());

  const auto got = it.get("/v1/artifacts/" + digest);
  CHECK(got.status == 200);
  CHECK(got.body == bytes);
  test::temp_directory directory;
  const auto file = directory.path() / "copy";
  REQUIRE(it.client->get_to_file("/v1/artifacts/" + digest, file));
  CHECK(std::filesystem::file_size(file) == bytes.size());
  const auto again = *it.client->put_file("/v1/artifacts", file);
  CHECK(json::parse(again.body)["digest"] == digest);
}

TEST_CASE("artifacts that are not, or are not as said, are refused", "[api]") {
  engine it;
  const std::string unknown(64, 'b');
  CHECK(it.get("/v1/artifacts/" + unknown).status == 404);
  CHECK(it.get("/v1/artifacts/..%2F..%2Fetc%2Fpasswd").status == 400);
  CHECK(it.get("/v1/artifacts/short").status == 400);
  const auto put = [&](const std::string& query) {
    return it.client->put("/v1/artifacts?" + query, "bytes")->status;
  };
  CHECK(put("name=..%2Fx") == 400);
  CHECK(put("name=a%0Ab") == 400);
  CHECK(put("digest=" + unknown) == 400);
  CHECK(
    it.post(
        "/v1/loops/digits/versions",
        json({{"artifact", {{"digest", unknown}, {"name", "m"}}}}).dump())
      .status == 404);
  CHECK(it.node.requests.empty());
  test::temp_directory directory;
  const auto file = directory.path() / "none";
  CHECK(
    it.client->get_to_file("/v1/artifacts/" + unknown, file)->status == 404);
  CHECK_FALSE(std::filesystem::exists(file));
}
