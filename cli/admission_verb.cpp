#include "cli/read_views.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <algorithm>

namespace ratchet::cli {

namespace {

/// "v3 12, v4 7"; versions of before the first champion are "v0".
std::string by_version(const json& from, const char* name) {
  std::string out;
  for (const auto& [version, count] : member_of(from, name).items())
    out += (out.empty() ? "v" : ", v") + version + " " +
      with_commas(count.get<std::uint64_t>());
  return out.empty() ? "-" : out;
}

std::string data_of(const json& iteration) {
  const auto from = number_of(iteration, "data_from") + 1;
  const auto to = number_of(iteration, "data_to");
  return to < from ? "-" : std::to_string(from) + "-" + std::to_string(to);
}

std::string versions_of(const json& iteration) {
  const auto& versions = member_of(member_of(iteration, "admits"), "versions");
  if (!versions.is_array())
    return "any";
  std::string out;
  for (const auto& version : versions)
    out += (out.empty() ? "v" : ", v") + version.dump();
  return out;
}

void add_rows(table& to, const json& iteration) {
  for (const auto& set : member_of(iteration, "datasets")) {
    const auto& dropped = member_of(set, "dropped");
    const auto count = [](const json& from, const char* name) {
      const auto& member = member_of(from, name);
      return member.is_number() ? with_commas(number_of(from, name))
                                : std::string{"-"};
    };
    to.add(
      {std::to_string(number_of(iteration, "iteration")), text_of(set, "stage"),
       data_of(iteration), versions_of(iteration),
       by_version(set, "admitted_by_version"), count(set, "carried_over"),
       count(set, "repeated"), by_version(dropped, "stale_by_version"),
       count(dropped, "window_closed"), count(dropped, "late")});
  }
}

} // namespace

result<void>
list_admissions(verb_context& c, const std::string& loop, std::uint64_t limit) {
  auto all = json::array();
  std::uint64_t before = 0;
  do {
    const auto page = std::min<std::uint64_t>(limit - all.size(), 100);
    auto path = loop_path(loop, "/admissions?limit=" + std::to_string(page));
    if (before > 0)
      path += "&before=" + std::to_string(before);
    const auto answer = c.server.get(path);
    if (!answer)
      return answer.err();
    for (const auto& each : member_of(*answer, "iterations"))
      all.push_back(each);
    before = number_of(*answer, "next_before");
  } while (before > 0 && all.size() < limit);
  return c.show_list(
    all,
    [](const json& each) {
      return std::to_string(number_of(each, "iteration"));
    },
    [&] {
      table t{
        {{"N", align::right},
         {"DATASET", align::left, true},
         {"EVENTS"},
         {"ADMITS"},
         {"ADMITTED"},
         {"CARRIED", align::right},
         {"AGAIN", align::right},
         {"STALE"},
         {"CLOSED", align::right},
         {"LATE", align::right}}};
      for (const auto& each : all)
        add_rows(t, each);
      return t;
    },
    "no iterations yet");
}

} // namespace ratchet::cli
