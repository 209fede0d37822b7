#include "formats/journal_export.hpp"

#include "base/bytes.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace ratchet;
using namespace ratchet::workflows;

namespace {

loop_definition plan_with(std::string stage) {
  loop_definition plan;
  plan.name = "digits";
  stage_definition only;
  only.name = std::move(stage);
  only.argv = {"true"};
  plan.stages = {only};
  return plan;
}

std::vector<iteration_event>
events_of(std::uint64_t number, const loop_definition& plan) {
  iteration_started start;
  start.loop = plan.name;
  start.number = iteration_number{number};
  start.fingerprint = fingerprint(plan);
  start.reason = "by \"hand\"\n";
  start.at = from_ms(1000);
  return {
    start,
    attempt_started{plan.stages[0].name, 1, from_ms(1001), from_ms(9000)}};
}

void add(
  formats::export_block& to, std::uint64_t number,
  const loop_definition& plan) {
  to.iteration(iteration_number{number}, fingerprint(plan));
  for (const auto& event : events_of(number, plan))
    to.event(event, R"({"type":"shown"})");
}

/// Two blocks: two iterations under one definition, one under another.
std::string whole_file() {
  const auto first = plan_with("train");
  const auto second = plan_with("tune");
  formats::export_block head{0};
  head.head("loop", "digits");
  head.definition(fingerprint(first), first, "{}");
  head.definition(fingerprint(second), second, "{}");
  add(head, 1, first);
  add(head, 2, second);
  formats::export_block tail{1};
  add(tail, 3, first);
  tail.other("decision", R"({"index":0})");
  return std::move(head).close(false) + std::move(tail).close(true);
}

result<std::vector<formats::exported_iteration>> read(const std::string& text) {
  std::istringstream from{text};
  std::vector<formats::exported_iteration> out;
  const auto done =
    formats::read_export(from, [&](formats::exported_iteration it) {
      out.push_back(std::move(it));
      return result<void>{};
    });
  if (!done)
    return done.err();
  return out;
}

std::size_t line_end(const std::string& text, int line) {
  std::size_t at = 0;
  for (; line > 0; --line)
    at = text.find('\n', at) + 1;
  return at;
}

} // namespace

TEST_CASE("an export gives back what was put in") {
  const auto read_back = read(whole_file());
  INFO((read_back ? std::string{} : read_back.err().message));
  REQUIRE(read_back.ok());
  REQUIRE(read_back->size() == 3);
  const auto first = plan_with("train");
  const auto second = plan_with("tune");
  for (std::uint64_t n = 1; n <= 3; ++n) {
    const auto& it = (*read_back)[n - 1];
    const auto& plan = n == 2 ? second : first;
    CHECK(it.loop == "digits");
    CHECK(it.number.value == n);
    CHECK(fingerprint(it.plan) == fingerprint(plan));
    CHECK(it.events == events_of(n, plan));
  }
}

TEST_CASE("an export holds no secrets of an environment") {
  auto plan = plan_with("train");
  plan.stages[0].env = {{"TOKEN", "hush-hush"}};
  formats::export_block block{0};
  block.head("iteration", "digits");
  block.definition(fingerprint(plan), plan, "{}");
  add(block, 1, plan);
  const auto text = std::move(block).close(true);
  CHECK(text.find(to_hex(std::string_view{"hush"})) == std::string::npos);
  const auto read_back = read(text);
  INFO((read_back ? std::string{} : read_back.err().message));
  REQUIRE(read_back.ok());
  CHECK(read_back->front().plan.stages[0].env.at("TOKEN").empty());
  CHECK(read_back->front().events == events_of(1, plan));
}

TEST_CASE("an export that was cut anywhere is refused") {
  const auto whole = whole_file();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read_back = read(whole.substr(0, size));
    INFO(size);
    REQUIRE_FALSE(read_back.ok());
  }
  const auto cut = read(whole.substr(0, line_end(whole, 9)));
  CHECK(cut.err().code == errc::corruption);
  CHECK(
    cut.err().message ==
    "line 9: the file ends before its last checksum: it was cut");
}

TEST_CASE("an export of which any byte was changed is refused") {
  const auto whole = whole_file();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto changed = whole;
    changed[at] = changed[at] == '1' ? '2' : '1';
    INFO(at);
    REQUIRE_FALSE(read(changed).ok());
  }
}

TEST_CASE("an export is refused when lines are moved") {
  const auto whole = whole_file();
  const auto second_block = line_end(whole, 10);
  SECTION("a block is missing") {
    const auto cut = whole.substr(0, line_end(whole, 1));
    CHECK_FALSE(read(cut + whole.substr(second_block)).ok());
  }
  SECTION("something follows the end") {
    const auto read_back = read(whole + "{}\n");
    CHECK(read_back.err().code == errc::corruption);
  }
}

TEST_CASE("what is no export is told from what is broken") {
  for (const auto* text :
       {"", "\n", "hello\n", "[]\n", "{\"type\":\"event\"}\n"}) {
    INFO(text);
    CHECK(read(text).err().code == errc::invalid_argument);
  }
  const auto newer =
    read("{\"type\":\"export\",\"format\":2,\"loop\":\"digits\"}\n");
  CHECK(newer.err().code == errc::invalid_argument);
  CHECK(newer.err().message.find("has format 2") != std::string::npos);
}

TEST_CASE("what the taker says ends the reading") {
  std::istringstream from{whole_file()};
  int taken = 0;
  const auto done =
    formats::read_export(from, [&](const formats::exported_iteration&) {
      ++taken;
      return result<void>{error{errc::failed_condition, "enough"}};
    });
  CHECK(taken == 1);
  CHECK(done.err().code == errc::failed_condition);
}
