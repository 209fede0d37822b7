#include "cli/host.hpp"
#include "cli/invocation.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace ratchet;
using namespace ratchet::cli;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> words(const std::string& line) {
  std::istringstream in{line};
  std::vector<std::string> out;
  for (std::string word; in >> word;)
    out.push_back(word);
  return out;
}

invocation parsed(const std::string& line) {
  INFO(line);
  const auto out = parse_arguments("ratchet", words(line));
  if (const auto* end = std::get_if<early_end>(&out))
    FAIL(end->text);
  return std::get<invocation>(out);
}

std::string refused(const std::string& line) {
  INFO(line);
  const auto out = parse_arguments("ratchet", words(line));
  const auto* end = std::get_if<early_end>(&out);
  REQUIRE(end != nullptr);
  CHECK(end->code == exit_code::usage);
  return end->text;
}

} // namespace

TEST_CASE("every verb reads its arguments", "[cli]") {
  CHECK(parsed("ls").verb == "ls");
  CHECK(parsed("get digits --watch").watch);
  CHECK(parsed("get digits").loop == "digits");
  CHECK(parsed("iterations digits -n 5").count == 5);
  const auto search = parsed(
    "iterations digits --state failed --since 2d --until 1h --stage train "
    "--status failed --text OOM");
  CHECK(search.state == "failed");
  CHECK(search.since == "2d");
  CHECK(search.until == "1h");
  CHECK(search.stage == "train");
  CHECK(search.status == "failed");
  CHECK(search.text == "OOM");
  CHECK(parsed("iteration digits 7").number == 7);
  CHECK(parsed("timeline digits 7").number == 7);
  CHECK(parsed("export digits 7").number == 7);
  CHECK(parsed("replay x.ndjson").file == "x.ndjson");
  const auto logs = parsed("logs digits 7 train -f --attempt 2");
  CHECK(logs.number == 7);
  CHECK(logs.stage == "train");
  CHECK(logs.follow);
  CHECK(logs.attempt == 2);
  CHECK(parsed("logs digits").number == 0);
  const auto trigger = parsed("trigger digits --wait --timeout 1.5m");
  CHECK(trigger.wait);
  CHECK(trigger.timeout == 90s);
  CHECK(parsed("pause digits -r why").reason == "why");
  const auto pause = parsed("pause digits --iteration 7 --now");
  CHECK(pause.number == 7);
  CHECK(pause.now);
  CHECK(parsed("pause digits 7").number == 7);
  CHECK(parsed("resume digits --all --yes").all);
  const auto many =
    parsed("cancel digits --state running --stage train -r why -y");
  CHECK(many.number == 0);
  CHECK(many.state == "running");
  CHECK(many.yes);
  CHECK(parsed("skip digits --stage gate --reason flaky").stage == "gate");
  const auto label = parsed("label digits 7 team=vision old-");
  CHECK(label.labels == std::vector<std::string>{"team=vision", "old-"});
  CHECK(parsed("trigger digits --label a=b --label c=d").labels.size() == 2);
  CHECK(parsed("definitions digits").verb == "definitions");
  const auto diff = parsed("definitions diff digits 01 23");
  CHECK(diff.verb == "definitions diff");
  CHECK(diff.loop == "digits");
  CHECK(diff.from == "01");
  CHECK(diff.to == "23");
  CHECK(parsed("archive digits --reason gone").reason == "gone");
  CHECK(parsed("ls --all").all);
  CHECK(parsed("export digits").number == 0);
  CHECK(parsed("audit").loop.empty());
  CHECK(parsed("audit digits --by ada --verb cancel").only_verb == "cancel");
  CHECK(parsed("retry digits 7 --stage train").stage == "train");
  CHECK(parsed("cancel digits 7 --reason stop").number == 7);
  const auto skip = parsed("skip digits 7 gate --reason flaky --wait");
  CHECK(skip.verb == "skip");
  CHECK(skip.number == 7);
  CHECK(skip.one_stage == "gate");
  CHECK(skip.reason == "flaky");
  CHECK(skip.wait);
  CHECK(parsed("approve digits 7").one_stage.empty());
  CHECK(parsed("approve digits 7 sign-off").one_stage == "sign-off");
  CHECK(parsed("approve digits --stage sign-off --yes").number == 0);
  const auto signals = parsed("signal digits --signal go --all --yes");
  CHECK(signals.signal == "go");
  CHECK(signals.all);
  CHECK(parsed("reject digits 7 --reason slow").reason == "slow");
  const auto signal = parsed("signal digits 7 go --payload 42 --id b1");
  CHECK(signal.number == 7);
  CHECK(signal.signal == "go");
  CHECK(signal.payload == "42");
  CHECK(signal.payload_file.empty());
  CHECK(signal.id == "b1");
  CHECK(parsed("waits").loop.empty());
  CHECK(parsed("waits digits -n 5").count == 5);
  CHECK(parsed("promote digits 4 --reason good").version == 4);
  CHECK(parsed("rollback digits --reason bad --who ada").who == "ada");
  CHECK(parsed("feedback send digits").file == "-");
  CHECK(parsed("feedback send digits x.ndjson").file == "x.ndjson");
  CHECK(parsed("feedback tail digits --kind feedback").kind == "feedback");
  CHECK(parsed("feedback stats digits").verb == "feedback stats");
  CHECK(parsed("versions digits").verb == "versions");
  const auto add =
    parsed("versions add digits --file m.bin --champion --reason first");
  CHECK(add.verb == "versions add");
  CHECK(add.champion);
  CHECK(parsed("serve --data d --listen :0").listen == ":0");
  CHECK(parsed("dev --slots 3").slots == "3");
  CHECK(parsed("completion bash").shell == "bash");
}

TEST_CASE("program flags stand before and behind the verb", "[cli]") {
  CHECK(parsed("--url http://x ls").url == "http://x");
  CHECK(parsed("ls --url http://x").url == "http://x");
  CHECK(parsed("feedback stats digits -o json").output == "json");
  CHECK_FALSE(parsed("ls").url.has_value());
}

TEST_CASE("a loop may be called like a verb", "[cli]") {
  CHECK(parsed("get version").loop == "version");
  CHECK(parsed("get version").verb == "get");
  CHECK(parsed("feedback stats ls").loop == "ls");
}

TEST_CASE("mistakes are usage errors that lead to help", "[cli]") {
  CHECK(refused("get").find("LOOP is required") != std::string::npos);
  CHECK(refused("get").find("see ratchet get --help") != std::string::npos);
  CHECK(refused("--frobnicate ls").starts_with("ratchet: "));
  CHECK(
    refused("frobnicate x") ==
    "ratchet: there is no verb or flag \"frobnicate\"; see ratchet --help\n");
  refused("iteration digits seven");
  refused("iteration digits 0");
  refused("promote digits 4");   // Why?
  refused("rollback digits");    // Why?
  refused("cancel digits 7");    // Why?
  refused("skip digits 7 gate"); // Why?
  refused("skip digits 7 --reason flaky");
  refused("reject digits 7"); // Why?
  refused("signal digits 7");
  refused("signal digits 7 go --payload x --payload-file y");
  refused("trigger digits --timeout 5m");
  refused("trigger digits --wait --timeout soon");
  refused("feedback");
  refused("versions");
  refused("completion tcsh");
  refused("get digits spam");
}

TEST_CASE("help is not a mistake", "[cli]") {
  for (const auto* line : {"", "--help", "get --help", "versions add -h"}) {
    const auto out = parse_arguments("ratchet", words(line));
    const auto* end = std::get_if<early_end>(&out);
    REQUIRE(end != nullptr);
    CHECK(end->code == exit_code::ok);
    CHECK(end->text.find("Options") != std::string::npos);
  }
}

TEST_CASE("durations need a unit", "[cli]") {
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("10min") == 10min);
  CHECK(parse_duration("1.5h") == 90min);
  CHECK(parse_duration("2d") == 48h);
  for (const auto* text : {"", "5", "s", "-1s", "0s", "1y", "nans", "1e99h"})
    CHECK_FALSE(parse_duration(text).has_value());
}

TEST_CASE("addresses to listen on", "[cli]") {
  CHECK(
    *parse_listen_address("127.0.0.1:4600") ==
    listen_address{"127.0.0.1", 4600});
  CHECK(*parse_listen_address(":0") == listen_address{"127.0.0.1", 0});
  CHECK(*parse_listen_address("[::1]:80") == listen_address{"::1", 80});
  for (const auto* text : {"", "4600", "host:", "host:65536", "::1:80", "h:x"})
    CHECK_FALSE(parse_listen_address(text).ok());
}

TEST_CASE("completion knows every verb", "[cli]") {
  const auto root = all_verbs("ratchet");
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const auto script = completion_script(shell, "ratchet", root);
    REQUIRE(script.ok());
    for (const auto* word : {"rollback", "feedback", "tail", "reason"})
      CHECK(script->find(word) != std::string::npos);
  }
}
