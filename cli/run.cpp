#include "cli/run.hpp"
#include "cli/limits.hpp"

#include "cli/config.hpp"
#include "cli/host.hpp"
#include "cli/invocation.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include <unistd.h>

namespace ratchet::cli {

namespace {

using slot_map = std::map<std::string, std::uint32_t>;

/// Finds each setting where it is said first: flag, environment, files.
class setting_reader {
public:
  explicit setting_reader(settings outside) : outside_(std::move(outside)) {}

  [[nodiscard]] std::optional<setting>
  find(const char* name, const std::optional<std::string>& flag) const {
    if (flag)
      return setting{*flag, std::string{"--"} + name};
    const auto found = outside_.find(name);
    if (found == outside_.end())
      return std::nullopt;
    return found->second;
  }

  [[nodiscard]] std::string text(
    const char* name, const std::optional<std::string>& flag,
    const char* fallback) const {
    const auto said = find(name, flag);
    return said ? said->value : fallback;
  }

  /// One of the named values. The first mistake is kept for `mistake`.
  template <class T>
  T choice(
    const char* name, const std::optional<std::string>& flag,
    const std::vector<std::pair<std::string_view, T>>& values, T fallback) {
    const auto said = find(name, flag);
    if (!said)
      return fallback;
    std::string known;
    for (const auto& [word, value] : values) {
      if (word == said->value)
        return value;
      known.append(known.empty() ? "" : ", ").append(word);
    }
    complain(*said, "give one of " + known);
    return fallback;
  }

  std::size_t number(
    const char* name, const std::optional<std::string>& flag,
    std::size_t fallback, std::size_t most) {
    const auto said = find(name, flag);
    if (!said)
      return fallback;
    std::size_t out = 0;
    const auto* end = said->value.data() + said->value.size();
    const auto [rest, failure] = std::from_chars(said->value.data(), end, out);
    if (failure == std::errc{} && rest == end && out >= 1 && out <= most)
      return out;
    complain(*said, "give a number from 1 to " + std::to_string(most));
    return fallback;
  }

  slot_map limits(const char* name, const std::optional<std::string>& flag) {
    const auto said = find(name, flag);
    if (!said)
      return {};
    auto read = read_limits(said->value);
    if (read)
      return std::move(*read);
    complain(*said, read.err().message);
    return {};
  }

  [[nodiscard]] const result<void>& mistake() const { return mistake_; }

private:
  void complain(const setting& said, const std::string& remedy) {
    if (mistake_)
      mistake_ = error{
        errc::invalid_argument,
        said.origin + " is \"" + said.value + "\"; " + remedy};
  }

  settings outside_;
  result<void> mistake_;
};

using verb_function = std::function<result<void>(verb_context&)>;

iteration_filter filter_of(const invocation& said) {
  return {said.state, said.stage,  said.status, said.since,
          said.until, said.labels, said.text};
}

/// With an iteration's number, --stage and --label are the verb's own; else
/// they say which iterations.
operator_wish wish_of(const invocation& said) {
  operator_wish wish;
  wish.verb = said.verb;
  wish.loop = said.loop;
  wish.iteration = said.number;
  wish.version = said.version;
  wish.reason = said.reason;
  wish.who = said.who;
  wish.wait = said.wait;
  wish.wait_at_most = said.timeout;
  wish.now = said.now;
  wish.all = said.all;
  wish.yes = said.yes;
  wish.stage = said.verb == "retry" ? said.from : said.one_stage;
  if (said.verb == "trigger" || said.verb == "label") {
    wish.labels = said.labels;
    return wish;
  }
  if (said.number == 0)
    wish.filter = filter_of(said);
  if (said.verb == "retry" && said.number > 0 && wish.stage.empty())
    wish.stage = said.stage;
  // "skip LOOP --stage gate": those that are at it go on past it.
  const bool of_stage =
    said.verb == "skip" || said.verb == "approve" || said.verb == "reject";
  if (of_stage && wish.stage.empty())
    wish.stage = said.stage;
  return wish;
}

/// What a verb that talks to an engine does; null for the others.
verb_function
client_verb(const invocation& said, const std::vector<loop>& loops) {
  const auto operates = [&] {
    return [wish = wish_of(said)](verb_context& c) { return operate(c, wish); };
  };
  const std::map<std::string, std::function<verb_function()>> verbs{
    {"ls",
     [&]() -> verb_function {
       return [&said](verb_context& c) { return list_loops(c, said.all); };
     }},
    {"definitions",
     [&]() -> verb_function {
       return
         [&said](verb_context& c) { return list_definitions(c, said.loop); };
     }},
    {"definitions diff",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return compare_definitions(c, said.loop, said.from, said.to);
       };
     }},
    {"archive", operates},
    {"get",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return said.watch ? watch_loop(c, said.loop) : get_loop(c, said.loop);
       };
     }},
    {"triggers",
     [&]() -> verb_function {
       return [&said](verb_context& c) { return show_triggers(c, said.loop); };
     }},
    {"metrics",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return list_metrics(
           c, {said.loop, said.metric, said.version, said.slice, said.windows});
       };
     }},
    {"alarms",
     [&]() -> verb_function {
       return [&said](verb_context& c) { return show_alarms(c, said.loop); };
     }},
    {"areas",
     [&]() -> verb_function {
       return [&said](verb_context& c) { return show_areas(c, said.loop); };
     }},
    {"alarms ack",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return acknowledge_alarm(
           c, said.loop, said.number, said.reason, said.who);
       };
     }},
    {"iterations",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return list_iterations(c, said.loop, filter_of(said), said.count);
       };
     }},
    {"admissions",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return list_admissions(c, said.loop, said.count);
       };
     }},
    {"experiment",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return show_experiments(c, said.loop, said.number, said.count);
       };
     }},
    {"backtest",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return run_backtest(c, said.loop, said.backtest);
       };
     }},
    {"decisions verify",
     [&]() -> verb_function {
       return
         [&said](verb_context& c) { return verify_decisions(c, said.loop); };
     }},
    {"iteration",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return get_iteration(c, said.loop, said.number);
       };
     }},
    {"timeline",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return show_timeline(c, said.loop, said.number);
       };
     }},
    {"export",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return said.number > 0 ? export_iteration(c, said.loop, said.number)
                                : export_loop(c, said.loop);
       };
     }},
    {"replay",
     [&]() -> verb_function {
       return [&said](verb_context& c) { return replay_file(c, said.file); };
     }},
    {"simulate",
     [&]() -> verb_function {
       return
         [&](verb_context& c) { return simulate(c, said.simulation, loops); };
     }},
    {"logs",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return show_logs(
           c, {said.loop, said.number, said.stage, said.attempt, said.follow});
       };
     }},
    {"trigger", operates},
    {"pause", operates},
    {"resume", operates},
    {"cancel", operates},
    {"retry", operates},
    {"skip", operates},
    {"approve", operates},
    {"reject", operates},
    {"signal",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return send_signal(
           c,
           {wish_of(said), said.signal, said.payload, said.payload_file,
            said.id});
       };
     }},
    {"waits",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return list_waits(c, said.loop, said.count);
       };
     }},
    {"label", operates},
    {"audit",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return show_audit(
           c,
           {said.loop, said.since, said.until, said.by, said.only_verb,
            said.count});
       };
     }},
    {"promote", operates},
    {"rollback", operates},
    {"feedback send",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return send_feedback(c, {said.loop, said.file, said.batch});
       };
     }},
    {"feedback tail",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return tail_feedback(
           c, {said.loop, said.kind, said.channel, said.count, said.follow});
       };
     }},
    {"feedback stats",
     [&]() -> verb_function {
       return [&said](verb_context& c) { return feedback_stats(c, said.loop); };
     }},
    {"versions",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return list_versions(c, said.loop, said.count);
       };
     }},
    {"versions add",
     [&]() -> verb_function {
       return [&said](verb_context& c) {
         return add_version(
           c,
           {said.loop, said.file, said.name, said.champion, said.reason,
            said.who});
       };
     }},
    {"version", [] { return show_version; }},
  };
  const auto found = verbs.find(said.verb);
  return found == verbs.end() ? verb_function{} : found->second();
}

result<std::string>
token_of(const setting_reader& from, const invocation& said) {
  // The variable may hold a token itself; a flag may not, because everyone on
  // the machine can read command lines.
  if (!said.token_file)
    if (auto token = environment("RATCHET_TOKEN"))
      return *token;
  const auto path = from.text("token-file", said.token_file, "");
  if (path.empty())
    return std::string{};
  std::ifstream file{path};
  std::string token;
  if (!std::getline(file, token))
    return error{errc::not_found, "cannot read a token from " + path};
  return token;
}

color_choice color_of(setting_reader& from, const invocation& said) {
  return from.choice<color_choice>(
    "color", said.color,
    {{"auto", color_choice::automatic},
     {"always", color_choice::always},
     {"never", color_choice::never}},
    color_choice::automatic);
}

result<void> run_client(
  const verb_function& verb, const invocation& said, setting_reader from) {
  const bool terminal = is_terminal(STDOUT_FILENO);
  // A view that is watched stays text in a pipe: lines, one per change.
  const bool as_text = terminal || said.watch;
  const auto output = from.choice<output_format>(
    "output", said.output,
    {{"table", output_format::table},
     {"json", output_format::json},
     {"jsonl", output_format::jsonl},
     {"name", output_format::name}},
    as_text ? output_format::table : output_format::json);
  const palette paint{wants_color(color_of(from, said), STDOUT_FILENO)};
  if (!from.mistake())
    return from.mistake();
  const auto token = token_of(from, said);
  if (!token)
    return token.err();
  auto server =
    engine::at(from.text("url", said.url, "http://127.0.0.1:4600"), *token);
  if (!server)
    return server.err();
  const system_wall_clock clock;
  verb_context context{
    *server, output, paint,
    terminal ? size_of_screen(STDOUT_FILENO).columns : 0, clock};
  return verb(context);
}

result<void> run_host(
  const std::string& program, const invocation& said, setting_reader from,
  const std::vector<loop>& loops) {
  const bool dev = said.verb == "dev";
  host_options options;
  options.program = program;
  options.data = dev ? "" : from.text("data", said.data, "");
  options.listen = from.text("listen", said.listen, "127.0.0.1:4600");
  options.any_port = dev && !from.find("listen", said.listen);
  options.insecure = said.insecure;
  options.token_file = from.text("token-file", said.token_file, "");
  options.threads = from.number("threads", said.threads, 2, 256);
  options.slots = from.number("slots", said.slots, 16, most_slots);
  options.limits = from.limits("limits", said.limits);
  options.least = from.choice<std::optional<log_level>>(
    "log-level", said.log_level,
    {{"debug", log_level::debug},
     {"info", log_level::info},
     {"warning", log_level::warning},
     {"error", log_level::error},
     {"none", std::nullopt}},
    log_level::info);
  options.format = from.choice<log_format>(
    "log-format", said.log_format,
    {{"json", log_format::json}, {"text", log_format::text}},
    dev ? log_format::text : log_format::json);
  options.color = wants_color(color_of(from, said), STDERR_FILENO);
  if (!from.mistake())
    return from.mistake();
  if (!dev && options.data.empty())
    return error{
      errc::invalid_argument,
      "serve needs to know where the store is: give --data DIRECTORY, or set "
      "RATCHET_DATA (dev runs on a temporary one)"};
  return run_engine(loops, options);
}

result<void> run_verb(
  const std::string& program, const invocation& said,
  const std::vector<loop>& loops) {
  if (said.verb == "completion") {
    const auto script =
      completion_script(said.shell, program, all_verbs(program));
    if (!script)
      return script.err();
    write_all(STDOUT_FILENO, *script);
    return {};
  }
  auto outside = gather_settings(environment, said.config);
  if (!outside)
    return outside.err();
  setting_reader from{std::move(*outside)};
  if (said.verb == "dev" || said.verb == "serve")
    return run_host(program, said, std::move(from), loops);
  return run_client(client_verb(said, loops), said, std::move(from));
}

} // namespace

exit_code run(int argc, char** argv, const std::vector<loop>& loops) {
  const auto program = argc > 0
    ? std::filesystem::path{argv[0]}.filename().string()
    : std::string{"ratchet"};
  const auto parsed =
    parse_arguments(program, {argv + (argc > 0 ? 1 : 0), argv + argc});
  if (const auto* end = std::get_if<early_end>(&parsed)) {
    write_all(
      end->code == exit_code::ok ? STDOUT_FILENO : STDERR_FILENO, end->text);
    return end->code;
  }
  const auto done = run_verb(program, std::get<invocation>(parsed), loops);
  if (done)
    return exit_code::ok;
  write_all(STDERR_FILENO, "ratchet: " + printable(done.err().message) + "\n");
  return exit_code_of(done.err().code);
}

} // namespace ratchet::cli
