#include "cli/read_views.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

namespace ratchet::cli {

namespace {

constexpr std::uintmax_t large_upload = 16U << 20U;

std::string origin_of(const json& version) {
  const auto iteration = number_of(version, "iteration");
  return iteration == 0 ? "operator" : "iteration " + std::to_string(iteration);
}

} // namespace

result<void>
list_versions(verb_context& c, const std::string& loop, std::uint64_t limit) {
  auto all = json::array();
  std::uint64_t before = 0;
  do {
    const auto page = std::min<std::uint64_t>(limit - all.size(), 500);
    auto path = loop_path(loop, "/versions?limit=" + std::to_string(page));
    if (before > 0)
      path += "&before=" + std::to_string(before);
    const auto answer = c.server.get(path);
    if (!answer)
      return answer.err();
    for (const auto& each : member_of(*answer, "versions"))
      all.push_back(each);
    before = number_of(*answer, "next_before");
  } while (before > 0 && all.size() < limit);
  return c.show_list(
    all,
    [](const json& each) { return std::to_string(number_of(each, "version")); },
    [&] {
      std::vector<column> columns{
        {"VERSION"},
        {"ALIAS"},
        {"MADE BY"},
        {"CREATED"},
        {"ARTIFACT", align::left, true},
        {"SIZE", align::right},
        {"DIGEST"}};
      const auto now = c.clock.now();
      const bool any =
        std::any_of(all.begin(), all.end(), [now](const json& each) {
          return !rollback_text(each, now).empty();
        });
      if (any)
        columns.push_back({"ROLLED BACK", align::left, true});
      table t{std::move(columns)};
      for (const auto& each : all) {
        const auto champion = flag_of(each, "champion");
        const auto& artifact = member_of(each, "artifact");
        std::vector<cell> row{
          "v" + std::to_string(number_of(each, "version")),
          {champion ? "champion" : "", style::green},
          origin_of(each),
          relative_time(time_of(each, "created"), now),
          text_of(artifact, "name"),
          byte_size(number_of(artifact, "bytes")),
          text_of(artifact, "digest").substr(0, 12)};
        if (any)
          row.emplace_back(rollback_text(each, now), style::yellow);
        t.add(std::move(row));
      }
      return t;
    },
    "no versions yet");
}

result<void> add_version(verb_context& c, const new_version& what) {
  const std::filesystem::path file{what.file};
  std::error_code failure;
  const auto size = std::filesystem::file_size(file, failure);
  if (failure)
    return error{
      errc::not_found, "cannot read " + what.file + ": " + failure.message()};
  const auto name = what.name.empty() ? file.filename().string() : what.name;
  if (size > large_upload)
    c.remark("uploading " + printable(name) + ", " + byte_size(size));
  const auto artifact = c.server.put_artifact(file, name);
  if (!artifact)
    return artifact.err();
  const auto answer = c.server.post(
    loop_path(what.loop, "/versions"),
    {{"artifact", {{"digest", text_of(*artifact, "digest")}, {"name", name}}},
     {"champion", what.champion},
     {"reason", what.reason},
     {"who", what.who.empty() ? current_user() : what.who}});
  if (!answer)
    return answer.err();
  const auto version = std::to_string(number_of(*answer, "version"));
  return c.show(*answer, version, [&] {
    return "version " + version + " of " + what.loop + " added" +
      (what.champion ? "; it is champion\n" : "\n");
  });
}

result<void> show_version(verb_context& c) {
  json answer = {{"client", RATCHET_VERSION}};
  const auto engine = c.server.get("/version");
  if (engine)
    answer["engine"] = *engine;
  return c.show(answer, RATCHET_VERSION, [&] {
    std::string out = "ratchet " RATCHET_VERSION "\n";
    if (engine)
      out += "engine  " + printable(text_of(*engine, "version")) + " at " +
        c.server.url() + "\n";
    return out;
  });
}

} // namespace ratchet::cli
