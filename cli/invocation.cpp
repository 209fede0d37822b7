#include "cli/invocation.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <memory>
#include <utility>

namespace ratchet::cli {

namespace {

std::string check_duration(const std::string& text) {
  return parse_duration(text)
    ? ""
    : "\"" + text + "\" is no duration; give one such as 90s, 10m or 2h";
}

/// Builds the tree of verbs. Every flag and argument writes to one
/// `invocation`; which of its members a verb uses is in `run`.
class verb_tree {
public:
  verb_tree(const std::string& program, invocation& to)
      : app_(std::make_unique<CLI::App>(
          "Runs feedback loops, and talks to an engine that does.", program)),
        to_(to) {
    // Flags of the program are taken behind the verb too.
    app_->fallthrough();
    app_->require_subcommand(1);
    app_->failure_message([](const CLI::App*, const CLI::Error& e) {
      return std::string{e.what()};
    });
    program_flags();
    host_verbs();
    read_verbs();
    operator_verbs();
    feedback_verbs();
    other_verbs();
  }

  [[nodiscard]] CLI::App& app() { return *app_; }

private:
  CLI::App* verb(
    CLI::App* parent, const std::string& name, const std::string& summary,
    const std::string& group) {
    auto* out = parent->add_subcommand(name, summary);
    out->group(group);
    return out;
  }
  CLI::App* loop_verb(
    CLI::App* parent, const std::string& name, const std::string& summary,
    const std::string& group) {
    auto* out = verb(parent, name, summary, group);
    out->add_option("LOOP", to_.loop, "The loop's name")->required();
    return out;
  }
  CLI::Option* number_argument(CLI::App* of) {
    return of->add_option("N", to_.number, "The iteration's number")
      ->check(CLI::PositiveNumber);
  }
  void reason_flags(CLI::App* of, bool required) {
    of->add_option(
        "-r,--reason", to_.reason, "Why; it goes into the loop's journal")
      ->required(required);
    of->add_option("--who", to_.who, "Who says so [user@host]");
  }
  void wait_flags(CLI::App* of) {
    auto* wait =
      of->add_flag("--wait", to_.wait, "Wait for the iteration's end");
    of->add_option_function<std::string>(
        "--timeout",
        [this](const std::string& text) {
          to_.timeout = parse_duration(text).value_or(duration{0});
        },
        "Wait so long at most, such as 10m")
      ->check(check_duration)
      ->needs(wait);
  }

  /// Which iterations.
  void filter_flags(CLI::App* of) {
    of->add_option(
      "--state", to_.state,
      "running, asleep, paused, ended, promoted, completed, rejected, failed "
      "or canceled");
    of->add_option("--stage", to_.stage, "Those that are, or ended, there");
    of->add_option("--status", to_.status, "Whose stage has this status");
    of->add_option(
      "--since", to_.since, "That lived after this: 2d (ago), or a time");
    of->add_option("--until", to_.until, "That lived before this");
    of->add_option(
      "--text", to_.text, "With this in a reason, failure or verdict");
    of->add_option("--label", to_.labels, "With this label: NAME=VALUE");
  }

  /// One iteration, or all that are like that.
  void target_flags(CLI::App* of) {
    number_argument(of);
    many_flags(of);
  }
  void many_flags(CLI::App* of) {
    filter_flags(of);
    of->add_flag("--all", to_.all, "All that it can be meant for");
    of->add_flag("-y,--yes", to_.yes, "Do not ask first");
  }

  void program_flags() {
    app_->add_option("--url", to_.url, "The engine [http://127.0.0.1:4600]");
    app_->add_option(
      "-o,--output", to_.output,
      "table, json, jsonl or name [table on a terminal, else json]");
    app_->add_option("--color", to_.color, "auto, always or never [auto]");
    app_->add_option(
      "--log-level", to_.log_level,
      "debug, info, warning, error or none [info]");
    app_->add_option(
      "--config", to_.config, "Read this settings file and no other");
    app_->add_option(
      "--token-file", to_.token_file,
      "A file with the token that the engine asks for");
  }

  void host_verbs() {
    const std::string group = "Run the engine";
    auto* dev = verb(
      app_.get(), "dev", "Run it on a temporary store, to try things", group);
    auto* serve = verb(app_.get(), "serve", "Run it on a store", group);
    serve->add_option(
      "--data", to_.data, "The store's directory; made if missing");
    for (auto* each : {dev, serve}) {
      each->add_option(
        "--listen", to_.listen, "HOST:PORT to serve at [127.0.0.1:4600]");
      each->add_option(
        "--threads", to_.threads, "Threads for requests and for actors [2]");
      each->add_option(
        "--slots", to_.slots, "Stages that may run at once [16]");
      each->add_option(
        "--limits", to_.limits,
        "Stages with a label that may run at once: gpu=1,cpu=8");
      each->add_option(
        "--log-format", to_.log_format, "json or text [json; dev: text]");
      each->add_flag(
        "--insecure", to_.insecure,
        "Serve other machines although nothing is encrypted");
    }
  }

  void read_verbs() {
    const std::string group = "Look";
    verb(app_.get(), "ls", "List the loops", group)
      ->add_flag("-a,--all", to_.all, "Archived ones, too");
    auto* definitions = verb(
      app_.get(), "definitions", "List what a loop was defined as, or compare",
      group);
    definitions->add_option("LOOP", to_.loop, "The loop's name");
    auto* diff =
      loop_verb(definitions, "diff", "Show what changed between two", "");
    diff->group("Subcommands");
    diff->add_option(
      "A", to_.from, "A fingerprint's beginning [the last but one]");
    diff->add_option("B", to_.to, "Another's [the last]");
    auto* get = loop_verb(app_.get(), "get", "Show a loop", group);
    get->add_flag("-w,--watch", to_.watch, "Keep showing it, live");
    loop_verb(
      app_.get(), "triggers", "Show what a loop's next start waits for", group);
    metric_verbs(group);
    auto* iterations =
      loop_verb(app_.get(), "iterations", "List a loop's iterations", group);
    iterations->add_option("-n,--limit", to_.count, "So many [20]")
      ->check(CLI::PositiveNumber);
    filter_flags(iterations);

    auto* admissions = loop_verb(
      app_.get(), "admissions",
      "List what iterations trained on, and what was dropped", group);
    admissions->add_option("-n,--limit", to_.count, "So many [20]")
      ->check(CLI::PositiveNumber);
    auto* experiment = loop_verb(
      app_.get(), "experiment",
      "List a loop's experiments, or show one with its evidence", group);
    experiment->add_option("N", to_.number, "The experiment's number [a list]")
      ->check(CLI::PositiveNumber);
    experiment->add_option("-n,--limit", to_.count, "So many [20]")
      ->check(CLI::PositiveNumber);
    add_backtest_flags(
      *loop_verb(
        app_.get(), "backtest",
        "Try another trigger on what was recorded of a loop", group),
      to_.backtest);
    auto* decisions =
      verb(app_.get(), "decisions", "Check what was decided by itself", group);
    decisions->require_subcommand(1);
    loop_verb(
      decisions, "verify", "Make every decision on an experiment again", "")
      ->group("Subcommands");
    auto* iteration = loop_verb(
      app_.get(), "iteration", "Show an iteration with its stages", group);
    number_argument(iteration)->required();
    auto* timeline = loop_verb(
      app_.get(), "timeline", "Show when an iteration's attempts ran", group);
    number_argument(timeline)->required();
    auto* waits = verb(
      app_.get(), "waits", "List what iterations wait for, until when", group);
    waits->add_option("LOOP", to_.loop, "Only of this loop [all]");
    waits->add_option("-n,--limit", to_.count, "So many [20]")
      ->check(CLI::PositiveNumber);
    auto* logs =
      loop_verb(app_.get(), "logs", "Show what stages printed", group);
    number_argument(logs)->description("The iteration's number [the newest]");
    logs->add_option("STAGE", to_.stage, "Only this stage [all]");
    logs->add_flag("-f,--follow", to_.follow, "Go on as it grows");
    logs->add_option("--attempt", to_.attempt, "Of the stage [the last]")
      ->check(CLI::PositiveNumber);
    auto* audit = verb(
      app_.get(), "audit", "List what operators did, and what was refused",
      group);
    audit->add_option("LOOP", to_.loop, "The loop's name [all]");
    audit->add_option("-n,--limit", to_.count, "So many [20]")
      ->check(CLI::PositiveNumber);
    audit->add_option("--since", to_.since, "After this: 2d (ago), or a time");
    audit->add_option("--until", to_.until, "Before this");
    audit->add_option("--by", to_.by, "Of this person");
    audit->add_option("--verb", to_.only_verb, "Such as cancel");
    auto* versions =
      verb(app_.get(), "versions", "List a loop's versions, or add one", group);
    versions->add_option("LOOP", to_.loop, "The loop's name");
    versions->add_option("-n,--limit", to_.count, "So many [20]")
      ->check(CLI::PositiveNumber);
    auto* add = loop_verb(versions, "add", "Upload and register one", "");
    add->group("Subcommands");
    add->add_option("--file", to_.file, "The model")->required();
    add->add_option(
      "--name", to_.name, "Its name for serving apps [the file's]");
    add->add_flag("--champion", to_.champion, "Make it the champion");
    reason_flags(add, true);
  }

  void metric_verbs(const std::string& group) {
    auto* metrics = loop_verb(
      app_.get(), "metrics", "Show metrics by version, slice and window",
      group);
    metrics->add_option("--metric", to_.metric, "Only this one [all]");
    metrics->add_option("--version", to_.version, "Only of this version [all]")
      ->check(CLI::PositiveNumber);
    metrics->add_option(
      "--slice", to_.slice, "Only of ATTRIBUTE or ATTRIBUTE=VALUE [all]");
    metrics
      ->add_option(
        "--windows", to_.windows, "The last so many windows [all time]")
      ->check(CLI::PositiveNumber);
    auto* alarms = verb(
      app_.get(), "alarms", "Show what is watched for drops, and the alarms",
      group);
    alarms->add_option("LOOP", to_.loop, "The loop's name");
    auto* ack = loop_verb(
      alarms, "ack", "Say that an alarm was seen; the watch begins anew", "");
    ack->group("Subcommands");
    ack->add_option("ALARM", to_.number, "The alarm's number")
      ->required()
      ->check(CLI::PositiveNumber);
    reason_flags(ack, true);
    loop_verb(
      app_.get(), "areas", "Show where the champion is worse than elsewhere",
      group);
  }

  void operator_verbs() {
    const std::string group = "Operate";
    const auto of_loop =
      [&](const char* name, const char* summary, bool reason_required) {
        auto* out = loop_verb(app_.get(), name, summary, group);
        reason_flags(out, reason_required);
        return out;
      };
    auto* trigger = of_loop("trigger", "Start an iteration now", false);
    trigger->add_option("--label", to_.labels, "Call it so: NAME=VALUE");
    wait_flags(trigger);
    auto* pause = of_loop(
      "pause", "Start no iterations, or let some rest, until resumed", false);
    target_flags(pause);
    pause->add_option("--iteration", to_.number, "As N")
      ->check(CLI::PositiveNumber);
    pause->add_flag(
      "--now", to_.now, "Stop what runs, instead of letting it finish");
    auto* resume = of_loop("resume", "End a pause", false);
    target_flags(resume);
    resume->add_option("--iteration", to_.number, "As N")
      ->check(CLI::PositiveNumber);
    target_flags(of_loop("cancel", "End an iteration", true));
    auto* again =
      of_loop("retry", "Run an iteration again from what failed", false);
    target_flags(again);
    again->add_option("--from", to_.from, "From this stage on");
    wait_flags(again);
    auto* skip = of_loop("skip", "Let an iteration go on past a stage", true);
    number_argument(skip);
    skip->add_option("STAGE", to_.one_stage, "The stage that shall not run");
    many_flags(skip);
    wait_flags(skip);
    wait_verbs(group);
    auto* label =
      of_loop("label", "Set labels of an iteration, or take them away", false);
    number_argument(label)->required();
    label->add_option("LABEL", to_.labels, "NAME=VALUE, or NAME-")->required();
    of_loop("archive", "Put away a loop that nobody hosts any more", true);
    auto* promote = of_loop("promote", "Make a version the champion", true);
    promote->add_option("VERSION", to_.version, "The version's number")
      ->required()
      ->check(CLI::PositiveNumber);
    of_loop("rollback", "Make the champion before the champion again", true);
  }

  /// Answers to what iterations wait for.
  void wait_verbs(const std::string& group) {
    const auto of_iteration =
      [&](const char* name, const char* summary, bool reason_required) {
        auto* out = loop_verb(app_.get(), name, summary, group);
        number_argument(out);
        reason_flags(out, reason_required);
        wait_flags(out);
        return out;
      };
    auto* yes =
      of_iteration("approve", "Say yes to what waits for an approval", false);
    auto* no =
      of_iteration("reject", "Say no to what waits for an approval", true);
    for (auto* answer : {yes, no}) {
      answer->add_option(
        "STAGE", to_.one_stage, "The stage that waits [the only one]");
      many_flags(answer);
    }
    auto* signal =
      loop_verb(app_.get(), "signal", "Send a signal to an iteration", group);
    number_argument(signal);
    auto* name = signal->add_option("SIGNAL", to_.signal, "The signal's name");
    signal->add_option("--signal", to_.signal, "As SIGNAL")->excludes(name);
    many_flags(signal);
    auto* payload =
      signal->add_option("--payload", to_.payload, "What it carries [nothing]");
    signal
      ->add_option(
        "--payload-file", to_.payload_file,
        "A file with what it carries; - is stdin")
      ->excludes(payload);
    signal->add_option(
      "--id", to_.id, "The same id is the same signal, sent once [none]");
    signal->add_option("--who", to_.who, "Who says so [user@host]");
    wait_flags(signal);
  }

  void feedback_verbs() {
    const std::string group = "Feedback";
    auto* feedback =
      verb(app_.get(), "feedback", "Send events, and look at them", group);
    feedback->require_subcommand(1);
    auto* send = loop_verb(feedback, "send", "Send events of a file", group);
    to_.file = "-";
    send->add_option("FILE", to_.file, "NDJSON; - is stdin [-]");
    send->add_option("--batch", to_.batch, "Events per request [500]")
      ->check(CLI::Range(1, 100000));
    auto* tail = loop_verb(feedback, "tail", "Show the last events", group);
    tail->add_option("-n,--count", to_.count, "So many [20]");
    tail->add_option("--kind", to_.kind, "interaction or feedback [both]")
      ->check(CLI::IsMember({"interaction", "feedback"}));
    tail->add_option("--channel", to_.channel, "Only of this channel");
    tail->add_flag("-f,--follow", to_.follow, "Go on as they come");
    loop_verb(feedback, "stats", "Show counts and metrics", group);
  }

  void other_verbs() {
    const std::string group = "Other";
    auto* exported = loop_verb(
      app_.get(), "export",
      "Print an iteration's journal, or all of a loop, as a file", group);
    number_argument(exported)->description("The iteration's number [all]");
    auto* replay =
      verb(app_.get(), "replay", "Decide an exported journal once more", group);
    replay->add_option("FILE", to_.file, "The export; - is stdin")->required();
    add_simulation_flags(
      *verb(
        app_.get(), "simulate",
        "Run experiments on traffic whose truth is known", group),
      to_.simulation);
    verb(app_.get(), "version", "Show versions of program and engine", group);
    auto* completion =
      verb(app_.get(), "completion", "Print a completion script", group);
    completion->add_option("SHELL", to_.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  }

  std::unique_ptr<CLI::App> app_;
  invocation& to_;
};

std::string verb_of(const CLI::App& app) {
  std::string out;
  for (const auto* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    out.append(out.empty() ? "" : " ").append(at->get_name());
  }
  return out;
}

verb_words words_of(const CLI::App& app) {
  verb_words out;
  out.name = app.get_name();
  out.summary = app.get_description();
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames())
      out.flags.push_back("--" + name);
    for (const auto& name : option->get_snames())
      out.flags.push_back("-" + name);
  }
  for (const auto* below :
       app.get_subcommands([](const CLI::App*) { return true; }))
    out.verbs.push_back(words_of(*below));
  return out;
}

} // namespace

std::variant<invocation, early_end> parse_arguments(
  const std::string& program, std::vector<std::string> arguments) {
  invocation out;
  verb_tree tree{program, out};
  auto& app = tree.app();
  if (arguments.empty())
    return early_end{exit_code::ok, app.help()};
  // CLI11 takes a vector from its end.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return early_end{exit_code::ok, app.help()};
  } catch (const CLI::ParseError& e) {
    const auto verb = verb_of(app);
    // CLI11 would only say that a verb is missing.
    const auto unknown =
      verb.empty() ? app.remaining() : std::vector<std::string>{};
    const auto mistake = unknown.empty()
      ? std::string{e.what()}
      : "there is no verb or flag \"" + unknown.front() + "\"";
    return early_end{
      exit_code::usage,
      "ratchet: " + mistake + "; see " + program +
        (verb.empty() ? "" : " " + verb) + " --help\n"};
  }
  out.verb = verb_of(app);
  const bool has_subcommands =
    out.verb == "versions" || out.verb == "definitions" || out.verb == "alarms";
  if (has_subcommands && out.loop.empty())
    return early_end{
      exit_code::usage,
      "ratchet: LOOP is required; see " + program + " " + out.verb +
        " --help\n"};
  const bool lacks_stage = out.verb == "skip" && out.number > 0 &&
    out.one_stage.empty() && out.stage.empty();
  if (lacks_stage || (out.verb == "signal" && out.signal.empty()))
    return early_end{
      exit_code::usage,
      std::string{"ratchet: "} + (lacks_stage ? "STAGE" : "SIGNAL") +
        " is required; see " + program + " " + out.verb + " --help\n"};
  return out;
}

verb_words all_verbs(const std::string& program) {
  invocation unused;
  verb_tree tree{program, unused};
  return words_of(tree.app());
}

std::optional<duration> parse_duration(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, double>, 6> units{
    {{"ms", 1},
     {"s", 1000},
     {"m", 60e3},
     {"min", 60e3},
     {"h", 3600e3},
     {"d", 24 * 3600e3}}};
  double count = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, count);
  if (failure != std::errc{} || !std::isfinite(count) || count <= 0)
    return std::nullopt;
  const std::string_view unit{rest, static_cast<std::size_t>(end - rest)};
  for (const auto& [name, ms] : units)
    if (unit == name && count * ms < 1e15)
      return duration{std::llround(count * ms)};
  return std::nullopt;
}

} // namespace ratchet::cli
