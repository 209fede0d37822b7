#include "cli/read_views.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace ratchet::cli {

namespace {

double real_in(const json& from, const char* name) {
  const auto& member = member_of(from, name);
  return member.is_number() ? member.get<double>() : 0;
}

/// "0.412 (0.36 to 0.467)"
std::string with_interval(const json& area, const char* name) {
  const auto& x = member_of(area, name);
  return decimal(real_in(x, "value"), 3) + " (" +
    decimal(real_in(x, "low"), 3) + " to " + decimal(real_in(x, "high"), 3) +
    ")";
}

std::string volume_of(const json& area) {
  const auto& x = member_of(area, "volume");
  const auto percent = [&x](const char* name) {
    return decimal(100 * real_in(x, name), 1);
  };
  return percent("value") + "% (" + percent("low") + " to " + percent("high") +
    ")";
}

table area_table(const json& look) {
  table t{
    {{"N", align::right},
     {"AREA", align::left, true},
     {"VOLUME", align::right},
     {"ERROR", align::right},
     {"GAP", align::right},
     {"IMPACT", align::right},
     {"EVIDENCE", align::right},
     {"EXAMPLES", align::left, true}}};
  std::uint64_t rank = 0;
  for (const auto& area : member_of(look, "areas")) {
    std::string examples;
    for (const auto& id : member_of(area, "examples"))
      if (id.is_string())
        examples += (examples.empty() ? "" : " ") + id.get<std::string>();
    t.add(
      {std::to_string(++rank), text_of(area, "area"), volume_of(area),
       with_interval(area, "error"), with_interval(area, "gap"),
       with_interval(area, "impact"), decimal(real_in(area, "evidence"), 1),
       examples});
  }
  return t;
}

std::string metric_text(const verb_context& c, const json& one) {
  const auto now = c.clock.now();
  const auto& look = member_of(one, "look");
  auto out = text_of(one, "metric");
  if (look.is_object()) {
    out += ": " + with_commas(number_of(look, "rows")) +
      " interactions, as of " + relative_time(time_of(look, "as_of"), now);
    if (real_in(look, "sample") < 1)
      out +=
        " (a sample of " + decimal(100 * real_in(look, "sample"), 3) + "%)";
    if (!flag_of(one, "current"))
      out += ", of a version that is champion no more";
  }
  out += "; next look " + relative_time(time_of(one, "next_look"), now) + "\n" +
    printable(text_of(one, "sentence")) + "\n";
  if (const auto areas = area_table(look); areas.rows() > 0)
    out += "\n" + areas.render(c.paint, c.width);
  return out;
}

} // namespace

result<void> show_areas(verb_context& c, const std::string& loop) {
  const auto answer = c.server.get(loop_path(loop, "/areas"));
  if (!answer)
    return answer.err();
  return c.show(*answer, loop, [&] {
    std::string out;
    for (const auto& one : member_of(*answer, "areas"))
      out += (out.empty() ? "" : "\n") + metric_text(c, one);
    return out.empty() ? std::string{"no metric is looked at for areas\n"}
                       : out;
  });
}

} // namespace ratchet::cli
