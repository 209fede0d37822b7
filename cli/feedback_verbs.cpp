#include "cli/event_batches.hpp"
#include "cli/loop_screen.hpp"
#include "cli/progress_bar.hpp"
#include "cli/read_views.hpp"
#include "cli/signals.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace ratchet::cli {

namespace {

constexpr std::uint64_t max_body_bytes = 4U << 20U;
constexpr std::uint64_t max_page = 500;
constexpr std::size_t shown_rejections = 10;

/// Sends a batch, again while the engine is away or busy: events keep their
/// ids, so what was stored before an answer got lost is found a duplicate.
result<json> send_patiently(
  verb_context& c, const std::string& loop, const std::string& lines,
  const stop_signals& signals) {
  constexpr duration longest{std::chrono::seconds{4}};
  constexpr int tries = 12;
  duration pause{100};
  for (int i = 1;; ++i) {
    auto answer = c.server.post_events(loop, lines);
    const auto again = !answer &&
      (answer.err().code == errc::unavailable ||
       answer.err().code == errc::timed_out);
    if (!again || i == tries)
      return answer;
    if (signals.wait(pause))
      return error{errc::canceled, "interrupted"};
    pause = std::min(pause * 2, longest);
  }
}

struct totals {
  std::uint64_t sent = 0;
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  json rejected = json::array();

  void add(const json& answer, const std::vector<std::uint64_t>& line_numbers) {
    sent += line_numbers.size();
    accepted += number_of(answer, "accepted");
    duplicates += number_of(answer, "duplicates");
    for (auto each : member_of(answer, "rejected")) {
      const auto index = number_of(each, "index");
      each.erase("index");
      if (index < line_numbers.size())
        each["line"] = line_numbers[index];
      rejected.push_back(std::move(each));
    }
  }
};

result<void> report(verb_context& c, const totals& sum) {
  const auto rejections = sum.rejected.size();
  auto shown = c.show(
    {{"accepted", sum.accepted},
     {"duplicates", sum.duplicates},
     {"rejected", sum.rejected}},
    std::to_string(sum.accepted), [&] {
      return with_commas(sum.sent) +
        " events sent: " + with_commas(sum.accepted) + " accepted, " +
        with_commas(sum.duplicates) + " duplicates, " +
        with_commas(rejections) + " rejected\n";
    });
  if (!shown || rejections == 0)
    return shown;
  for (std::size_t i = 0; i < std::min(rejections, shown_rejections); ++i) {
    const auto& each = sum.rejected[i];
    c.remark(
      "line " + std::to_string(number_of(each, "line")) + ": " +
      printable(text_of(each, "message")));
  }
  if (rejections > shown_rejections)
    c.remark(
      "and " + with_commas(rejections - shown_rejections) +
      " more; -o json lists all");
  return error{
    errc::failed_condition,
    with_commas(rejections) + " of " + with_commas(sum.sent) +
      " events were rejected; correct them and send the file again: what is "
      "stored already is not counted twice"};
}

std::string value_text(const json& event) {
  const auto& value = member_of(event, "value");
  if (value.is_null())
    return {};
  return value.is_string() ? value.get<std::string>() : to_text(value);
}

/// One event on one line, in columns that do not depend on the others.
std::string event_line(const verb_context& c, const json& event) {
  const auto text = [&](const char* name, std::size_t width) {
    return pad_right(fit(printable(text_of(event, name)), width), width) + " ";
  };
  auto line = pad_left(std::to_string(number_of(event, "sequence")), 9) + " " +
    c.paint(style::dim, text("received", 24)) + text("kind", 11) +
    text("channel", 14) + pad_right(fit(printable(value_text(event)), 14), 14) +
    " " +
    printable(text_of(event, "kind") == "feedback"
                ? text_of(event, "interaction_id")
                : text_of(event, "id"));
  return line + "\n";
}

} // namespace

result<void> send_feedback(verb_context& c, const feedback_file& what) {
  std::ifstream file;
  std::uint64_t size = 0;
  if (what.path != "-") {
    file.open(what.path, std::ios::binary);
    std::error_code failure;
    size = std::filesystem::file_size(what.path, failure);
    if (!file || failure)
      return error{
        errc::not_found,
        "cannot read " + what.path +
          (failure ? ": " + failure.message() : std::string{})};
  }
  std::istream& from = what.path == "-" ? std::cin : file;
  event_batches batches{from, what.batch_events, max_body_bytes};
  totals sum;
  const stop_signals signals;
  {
    progress_bar bar{"sending", "events", size};
    while (true) {
      const auto batch = batches.next();
      if (!batch)
        return batch.err();
      if (batch->line_numbers.empty())
        break;
      const auto answer = send_patiently(c, what.loop, batch->lines, signals);
      if (!answer)
        return error{
          answer.err().code,
          "lines " + std::to_string(batch->line_numbers.front()) + " to " +
            std::to_string(batch->line_numbers.back()) + ": " +
            answer.err().message + "; " + with_commas(sum.accepted) +
            " events before them are stored"};
      sum.add(*answer, batch->line_numbers);
      bar.show(batches.bytes_read(), sum.sent);
      if (signals.raised())
        return error{
          errc::canceled,
          "interrupted after " + with_commas(sum.sent) +
            " events; send the file again to go on"};
    }
  }
  return report(c, sum);
}

result<void> tail_feedback(verb_context& c, const feedback_query& what) {
  const auto loop = c.server.get(loop_path(what.loop));
  if (!loop)
    return loop.err();
  // The history is read forwards. With a filter the last matches are looked
  // for among the last events, not in all of a long history.
  const auto end = number_of(*loop, "events");
  const auto filtered = !what.kind.empty() || !what.channel.empty();
  const auto back =
    filtered ? std::max<std::uint64_t>(what.count * 50, 1000) : what.count;
  auto after = end - std::min(end, back);
  auto filter = (what.kind.empty() ? "" : "&kind=" + segment(what.kind)) +
    (what.channel.empty() ? "" : "&channel=" + segment(what.channel));

  std::vector<json> held;
  const auto print_all = [&]() -> result<void> {
    std::string out;
    for (const auto& event : held)
      out += c.output == output_format::table ? event_line(c, event)
        : c.output == output_format::name     ? text_of(event, "id") + "\n"
                                              : to_text(event) + "\n";
    held.clear();
    return c.print(out);
  };
  const stop_signals signals;
  bool caught_up = false;
  while (true) {
    const auto answer = c.server.get(loop_path(
      what.loop,
      "/events?limit=" + std::to_string(max_page) +
        "&after=" + std::to_string(after) + filter +
        // The engine answers at once if there is something.
        (caught_up ? "&wait=1" : "")));
    if (!answer) {
      if (!what.follow || answer.err().code != errc::unavailable)
        return answer.err();
    } else {
      for (const auto& event : member_of(*answer, "events"))
        held.push_back(event);
      if (!caught_up && held.size() > what.count)
        held.erase(
          held.begin(), held.end() - static_cast<std::ptrdiff_t>(what.count));
      const auto more = !member_of(*answer, "next_page_token").is_null();
      after = std::max(after, number_of(*answer, "next_after"));
      caught_up = caught_up || !more;
      if (caught_up)
        if (auto printed = print_all(); !printed)
          return printed;
      if (!more && !what.follow)
        return {};
    }
    if (signals.wait(answer ? duration{0} : duration{500}))
      return {};
  }
}

result<void> feedback_stats(verb_context& c, const std::string& loop) {
  const auto answer = c.server.get(loop_path(loop));
  if (!answer)
    return answer.err();
  const auto view = read_loop(*answer);
  json stats = {
    {"events", view.events},
    {"first_event", number_of(*answer, "first_event")},
    {"stored_bytes", view.stored_bytes},
    {"channels", member_of(member_of(*answer, "trigger"), "channels")},
    {"metrics", member_of(*answer, "metrics")}};
  return c.show(stats, loop, [&] {
    auto out = stored_text(view) + "\n\n";
    table channels{
      {{"CHANNEL", align::left, true},
       {"JOINED", align::right},
       {"SINCE LAST START", align::right},
       {"NEEDED", align::right}}};
    for (const auto& channel : view.channels)
      channels.add(
        {channel.name, with_commas(channel.joined), with_commas(channel.gained),
         channel.needed == 0 ? "-" : with_commas(channel.needed)});
    out += channels.render(c.paint, c.width);
    table metrics{
      {{"METRIC", align::left, true},
       {"VERSION"},
       {"COUNT", align::right},
       {"MEAN", align::right},
       {"95% INTERVAL"}}};
    for (const auto& cell : member_of(*answer, "metrics")) {
      const auto& mean = member_of(cell, "mean");
      const auto& range = member_of(cell, "interval");
      metrics.add(
        {text_of(cell, "metric"),
         "v" + std::to_string(number_of(cell, "version")),
         with_commas(number_of(cell, "count")),
         mean.is_number() ? decimal(mean.get<double>(), 4) : "-",
         range.is_array() && range.size() == 2
           ? decimal(range[0].get<double>(), 4) + " to " +
             decimal(range[1].get<double>(), 4)
           : "-"});
    }
    if (metrics.rows() > 0)
      out += "\n" + metrics.render(c.paint, c.width);
    return out;
  });
}

} // namespace ratchet::cli
