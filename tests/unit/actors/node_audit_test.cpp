#include "storage/audit_log.hpp"
#include "tests/unit/actors/node_fixture.hpp"

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;
using workflows::audit_outcome;

namespace {

struct fixture : node_fixture {
  static std::vector<loop> loops() {
    return {loop("a").stage("train", does_nothing())};
  }

  /// The whole log, the oldest first.
  [[nodiscard]] std::vector<workflows::audit_entry>
  audited(const std::string& name) const {
    std::vector<workflows::audit_entry> out;
    const auto read =
      storage::scan_audit(node->store(), number_of(name), {}, [&](auto entry) {
        out.insert(out.begin(), std::move(entry));
        return true;
      });
    REQUIRE(read.ok());
    return out;
  }

  result<actors::operator_answer>
  tell(operator_verb verb, iteration_number n = {}) {
    return ask(
      {.verb = verb,
       .loop = "a",
       .iteration = n,
       .who = "ada",
       .reason = "to see"});
  }
};

} // namespace

TEST_CASE_METHOD(
  fixture, "each request is in the audit log with what became of it",
  "[actors][node][audit]") {
  start(loops());
  const auto n = trigger("a");
  wait_for_end("a", n);
  CHECK(tell(operator_verb::pause).ok());
  CHECK(tell(operator_verb::pause).ok());
  CHECK_FALSE(tell(operator_verb::trigger).ok());
  CHECK(tell(operator_verb::cancel, n).ok());
  CHECK_FALSE(tell(operator_verb::retry, n).ok());
  CHECK_FALSE(tell(operator_verb::cancel, iteration_number{9}).ok());
  CHECK_FALSE(tell(operator_verb::pause_iteration, n).ok());
  CHECK_FALSE(tell(operator_verb::archive).ok());
  const auto log = audited("a");
  const std::vector<std::pair<std::string, audit_outcome>> expected{
    {"trigger", audit_outcome::accepted}, {"pause", audit_outcome::accepted},
    {"pause", audit_outcome::unchanged},  {"trigger", audit_outcome::refused},
    {"cancel", audit_outcome::unchanged}, {"retry", audit_outcome::refused},
    {"cancel", audit_outcome::refused},   {"pause", audit_outcome::refused},
    {"archive", audit_outcome::refused}};
  REQUIRE(log.size() == expected.size());
  for (std::size_t i = 0; i < log.size(); ++i) {
    INFO(i);
    CHECK(log[i].verb == expected[i].first);
    CHECK(log[i].outcome == expected[i].second);
    CHECK(log[i].stamp.index == i + 1);
    CHECK(log[i].detail.empty() == (log[i].outcome != audit_outcome::refused));
  }
  CHECK(log[1].who == "ada");
  CHECK(log[1].reason == "to see");
  CHECK(log[4].iteration == n);
}

TEST_CASE_METHOD(
  fixture, "the audit log goes on behind a restart",
  "[actors][node][audit][restart]") {
  start(loops());
  CHECK(tell(operator_verb::pause).ok());
  stop();
  start(loops());
  CHECK(tell(operator_verb::resume).ok());
  const auto log = audited("a");
  REQUIRE(log.size() == 2);
  CHECK(log[1].stamp.index == 2);
  CHECK(log[1].stamp.at >= log[0].stamp.at);
}

TEST_CASE_METHOD(
  fixture, "a retry is one entry, and its iteration runs again",
  "[actors][node][audit]") {
  std::atomic<bool> works{false};
  start(
    {loop("a").stage("train", [&works](stage_context&) -> result<stage_output> {
      if (works)
        return stage_output{};
      return error{errc::invalid_argument, "not yet"};
    })});
  const auto n = trigger("a");
  wait_for_end("a", n);
  works = true;
  CHECK(tell(operator_verb::retry, n)->changed);
  wait_for_end("a", n);
  const auto log = audited("a");
  REQUIRE(log.size() == 2);
  CHECK(log[1].verb == "retry");
  CHECK(log[1].outcome == audit_outcome::accepted);
}

TEST_CASE_METHOD(
  fixture, "labels are set at the start, while it runs and after the end",
  "[actors][node][labels]") {
  start(loops());
  auto started = ask(
    {.verb = operator_verb::trigger,
     .loop = "a",
     .who = "ada",
     .labels = {{"team", "vision"}, {"ticket", "R-7"}}});
  REQUIRE(started.ok());
  const auto n = started->iteration;
  wait_for_end("a", n);
  CHECK(summary("a", n).labels.at("ticket") == "R-7");
  const auto label = [&](std::string value) {
    return ask(
      {.verb = operator_verb::label,
       .loop = "a",
       .iteration = n,
       .who = "ada",
       .labels = {{"team", std::move(value)}},
       .removed_labels = {"ticket"}});
  };
  CHECK(label("speech")->changed);
  CHECK_FALSE(label("speech")->changed);
  CHECK(summary("a", n).labels.at("team") == "speech");
  CHECK_FALSE(summary("a", n).labels.contains("ticket"));
  CHECK(label(std::string(300, 'x')).err().code == errc::invalid_argument);
  CHECK(node->journal().verify(number_of("a")));
  CHECK_FALSE(node->journal().load_state(number_of("a"))->running.contains(n));
}

TEST_CASE_METHOD(
  fixture, "a loop that nobody hosts can be archived, and comes back",
  "[actors][node][archive][restart]") {
  start(loops());
  const auto n = trigger("a");
  wait_for_end("a", n);
  stop();
  start({loop("b").stage("train", does_nothing())});
  CHECK(tell(operator_verb::pause).err().code == errc::not_found);
  CHECK(tell(operator_verb::archive)->changed);
  CHECK_FALSE(tell(operator_verb::archive)->changed);
  CHECK(node->journal().load_state(number_of("a"))->archived);
  CHECK(node->journal().verify(number_of("a")));
  auto unknown =
    ask({.verb = operator_verb::archive, .loop = "nowhere", .who = "ada"});
  CHECK(unknown.err().code == errc::not_found);
  stop();
  start(loops());
  eventually("it is back", [&] {
    return !node->journal().load_state(number_of("a"))->archived;
  });
  CHECK(trigger("a").value == 2);
  const auto log = audited("a");
  REQUIRE(log.size() == 4);
  CHECK(log[1].verb == "archive");
  CHECK(log[1].outcome == audit_outcome::accepted);
  CHECK(log[2].outcome == audit_outcome::unchanged);
}
