#include "cli/read_views.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <fstream>
#include <iostream>
#include <sstream>

namespace ratchet::cli {

namespace {

/// The engine's bound, and what JSON's escapes may add to it: no more is read.
constexpr std::size_t longest_payload = 64 * 1024;

result<std::string> read_payload(const std::string& path) {
  std::ifstream file;
  if (path != "-")
    file.open(path, std::ios::binary);
  std::istream& in = path == "-" ? std::cin : file;
  std::string out(longest_payload + 1, '\0');
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  if (in.bad() || (path != "-" && !file.is_open()))
    return error{errc::not_found, "cannot read " + path};
  out.resize(static_cast<std::size_t>(in.gcount()));
  if (out.size() > longest_payload)
    return error{
      errc::resource_limit,
      path +
        " holds more than 64 KiB, the most that a signal may carry; store "
        "it elsewhere and send where it is"};
  return out;
}

/// "an approval", "signal labels-ready", "attempt 3 after: exit code 1"
std::string awaited(const json& wait) {
  const auto kind = text_of(wait, "kind");
  if (kind == "approval")
    return "an approval";
  if (kind == "signal")
    return "signal " + text_of(wait, "signal");
  if (kind == "sleep")
    return "time to pass";
  if (kind == "slot")
    return "a slot";
  if (kind == "child")
    return "an iteration of " + text_of(wait, "runs");
  if (kind == "resume")
    return "a resume; " + text_of(wait, "detail");
  if (kind == "experiment")
    return "an experiment";
  if (kind == "back_off")
    return "its next try after: " + text_of(wait, "detail");
  return kind;
}

table wait_table(const json& waits, time_point now) {
  table t{
    {{"LOOP"},
     {"N", align::right},
     {"STAGE", align::left, true},
     {"WAITS FOR", align::left, true},
     {"SINCE"},
     {"UNTIL"},
     {"THEN", align::left, true}}};
  for (const auto& wait : waits) {
    const auto until = time_of(wait, "until");
    const auto* never =
      text_of(wait, "kind") == "experiment" ? "its verdict" : "for ever";
    t.add(
      {text_of(wait, "loop"), std::to_string(number_of(wait, "iteration")),
       text_of(wait, "stage"), awaited(wait),
       relative_time(time_of(wait, "since"), now),
       until == time_point{} ? never : relative_time(until, now),
       text_of(wait, "then")});
  }
  return t;
}

} // namespace

result<void> send_signal(verb_context& c, const signal_file& what) {
  auto wish = what.wish;
  wish.members = {{"signal", what.signal}};
  if (!what.id.empty())
    wish.members["id"] = what.id;
  if (!what.payload.empty())
    wish.members["payload"] = what.payload;
  if (!what.path.empty()) {
    auto payload = read_payload(what.path);
    if (!payload)
      return payload.err();
    wish.members["payload"] = std::move(*payload);
  }
  return operate(c, wish);
}

result<void>
list_waits(verb_context& c, const std::string& loop, std::uint64_t limit) {
  auto all = json::array();
  std::string cursor;
  do {
    const auto page = std::min<std::uint64_t>(limit - all.size(), 1000);
    auto path = "/v1/waits?limit=" + std::to_string(page);
    if (!loop.empty())
      path += "&loop=" + loop;
    if (!cursor.empty())
      path += "&cursor=" + cursor;
    const auto answer = c.server.get(path);
    if (!answer)
      return answer.err();
    for (const auto& each : member_of(*answer, "waits"))
      all.push_back(each);
    cursor = text_of(*answer, "next_cursor");
  } while (!cursor.empty() && all.size() < limit);
  if (!cursor.empty())
    c.remark("there are more; --limit says how many to show");
  return c.show_list(
    all,
    [](const json& wait) {
      return text_of(wait, "loop") + " " +
        std::to_string(number_of(wait, "iteration")) + " " +
        text_of(wait, "stage");
    },
    [&] { return wait_table(all, c.clock.now()); }, "nothing waits");
}

} // namespace ratchet::cli
