#include "cli/read_views.hpp"
#include "cli/signals.hpp"
#include "cli/verbs.hpp"

#include <array>
#include <set>

#include <pwd.h>
#include <unistd.h>

namespace ratchet::cli {

using workflows::iteration_outcome;

namespace {

constexpr duration poll_interval{300};

std::string path_of(const operator_wish& wish) {
  return wish.iteration > 0
    ? loop_path(
        wish.loop,
        "/iterations/" + std::to_string(wish.iteration) + "/" + wish.verb)
    : loop_path(wish.loop, "/" + wish.verb);
}

/// What has happened, as a person would say it.
std::string sentence_of(const operator_wish& wish, const json& answer) {
  const auto iteration = std::to_string(
    wish.iteration == 0 ? number_of(answer, "iteration") : wish.iteration);
  const auto version = std::to_string(number_of(answer, "version"));
  const auto changed = flag_of(answer, "changed");
  const auto& loop = wish.loop;
  if (wish.iteration > 0 && wish.verb == "pause")
    return "iteration " + iteration + " of " + loop +
      (changed ? " paused" : " is paused already");
  if (wish.iteration > 0 && wish.verb == "resume")
    return "iteration " + iteration + " of " + loop +
      (changed ? " resumed" : " is not paused");
  if (wish.verb == "archive")
    return loop + (changed ? " archived" : " is archived already");
  if (wish.verb == "label")
    return "iteration " + iteration + " of " + loop +
      (changed ? " labeled" : " is labeled so already");
  if (wish.verb == "trigger")
    return "iteration " + iteration + " of " + loop + " started";
  if (wish.verb == "pause")
    return loop + (changed ? " paused" : " is paused already");
  if (wish.verb == "resume")
    return loop + (changed ? " resumed" : " is not paused");
  if (wish.verb == "cancel")
    return "iteration " + iteration + " of " + loop +
      (changed ? " is being canceled" : " has ended, or is about to");
  if (wish.verb == "retry")
    return "iteration " + iteration + " of " + loop +
      (changed ? " runs again" : " runs already");
  if (wish.verb == "skip")
    return "stage " + wish.stage + " of iteration " + iteration + " of " +
      loop + (changed ? " skipped" : " was skipped already");
  if (wish.verb == "approve" || wish.verb == "reject")
    return "iteration " + iteration + " of " + loop + (changed ? "" : " was") +
      (wish.verb == "approve" ? " approved" : " rejected") +
      (changed ? "" : " already");
  if (wish.verb == "signal")
    return "signal " + text_of(wish.members, "signal") + " " +
      (changed ? "sent to" : "was sent before to") + " iteration " + iteration +
      " of " + loop;
  return changed
    ? "version " + version + " is champion of " + loop
    : "version " + version + " is champion of " + loop + " already";
}

result<void>
wait_for_end(verb_context& c, const operator_wish& wish, std::uint64_t number) {
  const stop_signals signals;
  const auto path =
    loop_path(wish.loop, "/iterations/" + std::to_string(number));
  const auto start = std::chrono::steady_clock::now();
  const auto name = "iteration " + std::to_string(number) + " of " + wish.loop;
  while (true) {
    const auto answer = c.server.get(path);
    // A restart of the engine is no reason to give up.
    if (!answer && answer.err().code != errc::unavailable)
      return answer.err();
    if (answer) {
      const auto it = read_iteration(*answer);
      const auto outcome = std::string{workflows::to_string(it.outcome)};
      const auto sentence =
        name + " " + outcome + (it.verdict.empty() ? "" : ": " + it.verdict);
      if (
        it.outcome == iteration_outcome::promoted ||
        it.outcome == iteration_outcome::completed)
        return c.show(
          *answer, std::to_string(number), [&] { return sentence + "\n"; });
      if (it.outcome != iteration_outcome::running)
        return error{errc::failed_condition, sentence};
    }
    if (
      wish.wait_at_most.count() > 0 &&
      std::chrono::steady_clock::now() - start >= wish.wait_at_most)
      return error{
        errc::timed_out,
        name +
          " still runs; it goes on, only the waiting "
          "has ended"};
    if (signals.wait(poll_interval))
      return error{errc::canceled, "interrupted; " + name + " goes on"};
  }
}

/// "team=vision" sets, "team-" takes away.
result<json> labels_of(const std::vector<std::string>& labels) {
  auto out = json::object();
  for (const auto& label : labels) {
    const auto equals = label.find('=');
    if (equals != std::string::npos && equals > 0)
      out[label.substr(0, equals)] = label.substr(equals + 1);
    else if (
      equals == std::string::npos && label.size() > 1 && label.back() == '-')
      out[label.substr(0, label.size() - 1)] = nullptr;
    else
      return error{
        errc::invalid_argument,
        "\"" + label +
          "\" is no label; give NAME=VALUE, or NAME- to take it away"};
  }
  return out;
}

} // namespace

result<json> body_of(const operator_wish& wish) {
  json body = wish.members;
  body["who"] = wish.who.empty() ? current_user() : wish.who;
  if (!wish.reason.empty())
    body["reason"] = wish.reason;
  if (wish.version > 0)
    body["version"] = wish.version;
  if (!wish.stage.empty())
    body["stage"] = wish.stage;
  if (wish.now)
    body["now"] = true;
  if (!wish.labels.empty()) {
    auto labels = labels_of(wish.labels);
    if (!labels)
      return labels.err();
    body["labels"] = std::move(*labels);
  }
  return body;
}

bool is_for_many(const operator_wish& wish) {
  return wish.iteration == 0 &&
    (wish.all || !wish.filter.is_empty() || wish.now);
}

result<void> operate(verb_context& c, const operator_wish& wish) {
  if (is_for_many(wish))
    return operate_on_many(c, wish);
  static const std::set<std::string_view> of_iterations{
    "cancel", "retry", "skip", "approve", "reject", "signal", "label"};
  if (of_iterations.contains(wish.verb) && wish.iteration == 0)
    return error{
      errc::invalid_argument,
      wish.verb +
        " wants to know which: give the iteration's number, a filter such as "
        "--state running, or --all"};
  const auto body = body_of(wish);
  if (!body)
    return body.err();
  const auto answer = c.server.post(path_of(wish), *body);
  if (!answer)
    return answer.err();
  const auto number =
    wish.iteration == 0 ? number_of(*answer, "iteration") : wish.iteration;
  if (wish.wait) {
    c.remark(sentence_of(wish, *answer));
    return wait_for_end(c, wish, number);
  }
  const auto of_version = wish.verb == "promote" || wish.verb == "rollback";
  const auto of_loop = wish.iteration == 0 &&
    (wish.verb == "pause" || wish.verb == "resume" || wish.verb == "archive");
  return c.show(
    *answer,
    of_loop
      ? wish.loop
      : std::to_string(of_version ? number_of(*answer, "version") : number),
    [&] { return sentence_of(wish, *answer) + "\n"; });
}

std::string current_user() {
  std::string out = "unknown";
  if (const auto* user = getpwuid(geteuid()); user != nullptr)
    out = user->pw_name;
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0)
    out += std::string{"@"} + host.data();
  return out;
}

} // namespace ratchet::cli
