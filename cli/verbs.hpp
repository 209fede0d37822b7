#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "cli/backtest_flags.hpp"
#include "cli/simulation_flags.hpp"
#include "cli/verb_context.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What the command line does to a running engine, one function per verb.
/// Each prints its result on stdout and returns an error for stderr and the
/// exit code. The reference is docs/cli.md.

namespace ratchet {
class loop;
} // namespace ratchet

namespace ratchet::cli {

// loop_verbs.cpp
/// `all`: those that are archived, too.
result<void> list_loops(verb_context& c, bool all = false);
result<void> get_loop(verb_context& c, const std::string& loop);
/// Which iterations; what is empty or 0 is not asked.
struct iteration_filter {
  std::string state;
  std::string stage;
  std::string status;
  std::string since; ///< "2d": so long ago; or a time (ISO 8601).
  std::string until;
  std::vector<std::string> labels; ///< "team=vision"
  std::string text;

  [[nodiscard]] bool is_empty() const { return *this == iteration_filter{}; }
  friend bool
  operator==(const iteration_filter&, const iteration_filter&) = default;
};
/// At most `limit`, the newest first, as the engine's answers have them.
[[nodiscard]] result<json> find_iterations(
  verb_context& c, const std::string& loop, const iteration_filter& filter,
  std::uint64_t limit);
result<void> list_iterations(
  verb_context& c, const std::string& loop, const iteration_filter& filter,
  std::uint64_t limit);
result<void>
get_iteration(verb_context& c, const std::string& loop, std::uint64_t number);

// journal_verbs.cpp
result<void>
show_timeline(verb_context& c, const std::string& loop, std::uint64_t number);
/// The journal as a file on stdout, whatever the output format is.
result<void> export_iteration(
  verb_context& c, const std::string& loop, std::uint64_t number);
/// The same of all that is known of a loop.
result<void> export_loop(verb_context& c, const std::string& loop);
/// Offline: decides an exported journal once more (workflows/replay.hpp).
/// `path` "-": stdin. Asks no engine.
/// Errors: `failed_condition` if a decision does not follow; `corruption` if
///   the file was cut or changed.
result<void> replay_file(verb_context& c, const std::string& path);

// trigger_verb.cpp
/// Each condition of the loop's trigger, what it says now, what it waits for.
result<void> show_triggers(verb_context& c, const std::string& loop);

// metric_verbs.cpp
/// Which metrics; what is empty or 0 is not asked.
struct metric_request {
  std::string loop;
  std::string metric;
  std::uint64_t version = 0;
  std::string slice;         ///< "device" or "device=pen".
  std::uint64_t windows = 0; ///< The newest so many, in place of all time.
};
result<void> list_metrics(verb_context& c, const metric_request& what);
/// What is watched for drops, what is so now, and the alarms there were.
result<void> show_alarms(verb_context& c, const std::string& loop);
result<void> acknowledge_alarm(
  verb_context& c, const std::string& loop, std::uint64_t alarm,
  const std::string& reason, const std::string& who);

// area_verb.cpp
/// Where the champion is worse than elsewhere, as of the last look.
result<void> show_areas(verb_context& c, const std::string& loop);

// admission_verb.cpp
/// What each iteration's data sets used, of which version, and what they
/// refused and why.
result<void>
list_admissions(verb_context& c, const std::string& loop, std::uint64_t limit);

// experiment_verbs.cpp
/// Experiment `number` with its arms and evidence; 0: the list of them.
result<void> show_experiments(
  verb_context& c, const std::string& loop, std::uint64_t number,
  std::uint64_t limit);
/// Makes every decision of the loop's experiments again.
/// Errors: `failed_condition` if one differs in any bit.
result<void> verify_decisions(verb_context& c, const std::string& loop);

// backtest_verb.cpp
/// When another trigger would have started iterations, beside when they were.
result<void> run_backtest(
  verb_context& c, const std::string& loop, const backtest_flags& flags);

// watch.cpp
/// Until a signal, which is not an error here: it is how to end it.
result<void> watch_loop(verb_context& c, const std::string& loop);

// log_verb.cpp
struct log_request {
  std::string loop;
  std::uint64_t iteration = 0; ///< 0: the newest.
  std::string stage;           ///< Empty: all of the iteration.
  std::uint64_t attempt = 0;   ///< 0: the last.
  bool follow = false;
};
result<void> show_logs(verb_context& c, const log_request& what);

// operator_verbs.cpp
struct operator_wish {
  std::string verb; ///< Of the API: "trigger", "pause", ...
  std::string loop;
  std::uint64_t iteration = 0; ///< 0: the loop, or those of the filter.
  std::string stage;           ///< To skip, or to retry from.
  std::uint64_t version = 0;
  std::string reason;
  std::string who;
  bool wait = false;               ///< For the iteration's end.
  duration wait_at_most{0};        ///< 0: for ever.
  bool now = false;                ///< pause: stop what runs.
  std::vector<std::string> labels; ///< "team=vision"; "team-": away with it.
  iteration_filter filter;         ///< Whatever is like this.
  bool all = false;                ///< Without a filter.
  bool yes = false;                ///< Do not ask.
  json members{};                  ///< More members of the request.
};
/// Errors besides the engine's: `failed_condition` if the iteration that was
///   waited for did not succeed; `timed_out`.
result<void> operate(verb_context& c, const operator_wish& wish);
/// Whether it is about several iterations, which are looked for.
[[nodiscard]] bool is_for_many(const operator_wish& wish);
/// What the API wants to be told of the wish.
/// Errors: `invalid_argument` for a label that is none.
[[nodiscard]] result<json> body_of(const operator_wish& wish);

// bulk_verb.cpp
/// Looks for the iterations, shows them, asks (on a terminal, unless `yes`),
/// and tells of each what became of it.
/// Errors: `canceled` if the answer is no; `invalid_argument` if nobody can be
///   asked; `failed_condition` if some refused.
result<void> operate_on_many(verb_context& c, const operator_wish& wish);

// audit_verb.cpp
struct audit_request {
  std::string loop; ///< Empty: all.
  std::string since;
  std::string until;
  std::string who;
  std::string verb;
  std::uint64_t limit = 20;
};
result<void> show_audit(verb_context& c, const audit_request& what);
/// For parameters: "2d" is two days before `now`; a time is itself. `flag` is
/// for the error.
[[nodiscard]] result<std::string>
moment(const char* flag, const std::string& text, time_point now);

/// Who says so, if nobody else is named: "ada@lovelace".
[[nodiscard]] std::string current_user();

// wait_verbs.cpp
struct signal_file {
  operator_wish wish;
  std::string signal;
  std::string payload;
  std::string path; ///< Of the payload, in place of it; "-": stdin.
  std::string id;   ///< Empty: the signal is another one each time.
};
result<void> send_signal(verb_context& c, const signal_file& what);
/// What iterations wait for; of all loops if `loop` is empty.
result<void>
list_waits(verb_context& c, const std::string& loop, std::uint64_t limit);

// feedback_verbs.cpp
struct feedback_file {
  std::string loop;
  std::string path; ///< "-": stdin.
  std::uint64_t batch_events = 500;
};
/// Errors: `failed_condition` if the engine rejected some events; the others
///   are stored.
result<void> send_feedback(verb_context& c, const feedback_file& what);
struct feedback_query {
  std::string loop;
  std::string kind;    ///< "interaction", "feedback", empty: both.
  std::string channel; ///< Empty: all.
  std::uint64_t count = 20;
  bool follow = false;
};
result<void> tail_feedback(verb_context& c, const feedback_query& what);
result<void> feedback_stats(verb_context& c, const std::string& loop);

// definition_verbs.cpp
result<void> list_definitions(verb_context& c, const std::string& loop);
/// `from` and `to` are fingerprints or their beginnings; empty: the last two.
result<void> compare_definitions(
  verb_context& c, const std::string& loop, const std::string& from,
  const std::string& to);

// simulate_verb.cpp
/// How often and how soon an experiment of these settings comes to each
/// verdict. `loops` are those of the program. Asks no engine.
result<void> simulate(
  verb_context& c, const simulation_flags& flags,
  const std::vector<loop>& loops);

// version_verbs.cpp
result<void>
list_versions(verb_context& c, const std::string& loop, std::uint64_t limit);
struct new_version {
  std::string loop;
  std::string file;
  std::string name; ///< Empty: the file's.
  bool champion = false;
  std::string reason;
  std::string who;
};
result<void> add_version(verb_context& c, const new_version& what);
/// Of this program, and of the engine if one answers.
result<void> show_version(verb_context& c);

} // namespace ratchet::cli
