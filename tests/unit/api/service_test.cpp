#include "api/router.hpp"
#include "tests/unit/api/engine.hpp"
#include "tests/unit/api/raw_socket.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace ratchet;
using ratchet::test::code_of;
using ratchet::test::engine;

TEST_CASE("unknown paths and methods say what there is", "[api]") {
  engine it;
  for (const auto* path :
       {"/", "/v2/loops", "/v1/loops/", "/v1//loops", "/v1/loops/digits/",
        "/v1/loops/digits/nothing", "/v1/loops/digits/x/y/z/w", "//livez"}) {
    INFO(path);
    const auto answer = it.get(path);
    CHECK(answer.status == 404);
    CHECK(code_of(answer) == "not_found");
  }
  const auto wrong = it.get("/v1/events");
  CHECK(wrong.status == 405);
  CHECK(wrong.header("allow") == "POST");
  CHECK(code_of(wrong) == "method_not_allowed");
  CHECK(it.post("/v1/loops/digits/versions/x", "").status == 404);
  CHECK(
    it.client->put("/v1/loops/digits/versions", "")->header("allow") ==
    "GET, HEAD, POST");
  CHECK(it.get("/v1/loops/%zz").status == 400);
  CHECK(it.get("/v1/loops/a%00b").status == 400);
}

TEST_CASE("a body where none belongs is refused", "[api]") {
  engine it;
  CHECK(
    it.post("/v1/loops/digits/pause", std::string(2 << 20, ' ')).status == 413);
}

TEST_CASE("liveness asks nothing, readiness asks the node", "[api]") {
  engine it;
  CHECK(it.get("/livez").body == "ok\n");
  CHECK(it.get("/readyz").status == 200);
  CHECK(it.get("/healthz").status == 200);
  CHECK(it.get("/readyz?verbose").body == "[+]process ok\n[+]node ok\n");
  it.node.unready = error{errc::io_error, "the journal has stopped"};
  CHECK(it.get("/livez").status == 200);
  const auto down = it.get("/readyz");
  CHECK(down.status == 503);
  CHECK(down.body == "not ready: the journal has stopped\n");
  CHECK(it.get("/readyz?verbose").body.find("[-]node") != std::string::npos);
  CHECK(it.get_json("/version")["name"] == "ratchet");
}

TEST_CASE("metrics count what was done", "[api]") {
  engine it;
  const std::string event =
    R"({"kind":"feedback","id":"1","interaction_id":"i","channel":"verdict",)"
    R"("value":true,"loop":"digits"})";
  static_cast<void>(it.post("/v1/events", event));
  static_cast<void>(it.post("/v1/events", event + "\n{\"kind\":\"x\"}"));
  const auto text = it.get("/metrics").body;
  for (const auto* line :
       {"ratchet_events_accepted_total 1\n",
        "ratchet_events_duplicate_total 1\n",
        "ratchet_http_requests_total{method=\"POST\",route=\"/v1/events\","
        "code=\"2xx\"} 2\n",
        "ratchet_ingest_request_duration_seconds_count 2\n",
        "ratchet_loop_paused{loop=\"digits\"} 0\n",
        "# TYPE ratchet_wal_fsync_duration_seconds histogram\n",
        "ratchet_events_rejected_total{reason=\"unknown_kind\"} 1\n",
        "ratchet_ready 1\n"}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("with a token, only who knows it is served", "[api]") {
  test::temp_directory directory;
  const auto file = directory.path() / "token";
  const std::string token = "0123456789abcdef0123456789abcdef";
  std::ofstream{file} << token << "\n";
  api::endpoint_options options;
  options.token_file = file;
  engine it{options};
  const auto denied = it.get("/v1/loops");
  CHECK(denied.status == 401);
  CHECK(denied.header("www-authenticate") == "Bearer");
  CHECK(code_of(denied) == "unauthorized");
  CHECK(it.get("/livez").status == 200);
  CHECK(it.get("/metrics").status == 401);
  for (const auto& wrong : {token + "x", token.substr(1), std::string{}}) {
    it.client->use_token(wrong);
    CHECK(it.get("/v1/loops").status == 401);
  }
  it.client->use_token(token);
  CHECK(it.get("/v1/loops").status == 200);
}

TEST_CASE("pages of other sites are not served", "[api]") {
  engine it;
  const auto from = [&](const std::string& origin) {
    return it.client->post("/v1/loops/digits/pause", "{}", {{"Origin", origin}})
      ->status;
  };
  CHECK(from("https://evil.example") == 403);
  CHECK(from("null") == 403);
  CHECK(it.node.requests.empty());
  CHECK(from(it.endpoint->url()) == 200);
}

TEST_CASE(
  "on loopback, names that a page may have made up are not served", "[api]") {
  engine it;
  const auto asked_as = [&](const std::string& host) {
    test::raw_socket socket{it.endpoint->port()};
    socket.send("GET /v1/loops HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return test::status_of(socket.read_response());
  };
  CHECK(asked_as("evil.example:4600") == "403");
  CHECK(asked_as("127.0.0.1.evil.example") == "403");
  CHECK(asked_as("localhost:4600") == "200");
  CHECK(asked_as("127.0.0.1") == "200");
  CHECK(asked_as("[::1]:80") == "200");
  api::endpoint_options options;
  options.service.advertised_url = "http://ratchet.example:80";
  engine named{options};
  test::raw_socket socket{named.endpoint->port()};
  socket.send("GET /v1/loops HTTP/1.1\r\nHost: ratchet.example\r\n\r\n");
  CHECK(test::status_of(socket.read_response()) == "200");
}

TEST_CASE("other machines are not served without saying so", "[api]") {
  api::endpoint_options options;
  options.server.address = "0.0.0.0";
  const auto refused = api::check(options);
  REQUIRE_FALSE(refused);
  CHECK(refused.err().code == errc::invalid_argument);
  CHECK(refused.err().message.find("--insecure") != std::string::npos);
  options.insecure = true;
  CHECK(api::check(options));
  test::fake_node node;
  options.token_file = "/nowhere/token";
  CHECK(api::endpoint::start(node, options).err().code == errc::io_error);
}

TEST_CASE(
  "the client says what is wrong with a server that is not there", "[api]") {
  std::string url;
  {
    engine gone;
    url = gone.endpoint->url();
  }
  const auto answer = api::http_client{url}.get("/livez");
  REQUIRE_FALSE(answer);
  CHECK(answer.err().code == errc::unavailable);
  CHECK(
    answer.err().message ==
    "cannot reach " + url + ": connection refused; is the engine running?");
  CHECK(
    api::http_client{"ftp://x"}.get("/").err().code == errc::invalid_argument);
}

TEST_CASE("the client connects anew after the server has restarted", "[api]") {
  test::fake_node node;
  api::endpoint_options options;
  auto first = std::move(*api::endpoint::start(node, options));
  options.server.port = first->port();
  api::http_client client{first->url()};
  CHECK(client.get("/livez")->status == 200);
  first.reset();
  const auto second = std::move(*api::endpoint::start(node, options));
  CHECK(client.get("/livez")->status == 200);
  CHECK(client.post("/v1/loops/digits/pause", "")->status == 200);
}

TEST_CASE("escapes are decoded once and encoded back", "[api]") {
  CHECK(api::percent_decode("a%2Fb%20c") == "a/b c");
  CHECK(api::percent_decode("a+b", true) == "a b");
  CHECK(api::percent_decode("a+b") == "a+b");
  CHECK(api::percent_decode("%252F") == "%2F");
  CHECK_FALSE(api::percent_decode("%2"));
  CHECK_FALSE(api::percent_decode("%gg"));
  CHECK(api::percent_encode("a/b c~") == "a%2Fb%20c~");
}

TEST_CASE("a query's typing errors are found", "[api]") {
  const auto mistake = [](const char* text) {
    api::query_reader query{text};
    static_cast<void>(query.text("loop"));
    static_cast<void>(query.number("limit", 5, 10));
    const auto read = query.finish();
    return read ? std::string{} : read.err().message;
  };
  CHECK(mistake("") == "");
  CHECK(mistake("loop=a&limit=10") == "");
  CHECK(
    mistake("lop=a") ==
    "there is no parameter \"lop\" here; there are loop, limit");
  CHECK(mistake("limit=11").find("from 0 to 10") != std::string::npos);
  CHECK_FALSE(mistake("limit=").empty());
  CHECK_FALSE(mistake("limit=-1").empty());
  CHECK_FALSE(mistake("loop=a&loop=b").empty());
  CHECK_FALSE(mistake("loop=%2").empty());
}
