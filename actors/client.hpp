#pragma once

#include "base/result.hpp"
#include "base/stats.hpp"
#include "storage/event_batch.hpp"
#include "workflows/audit.hpp"
#include "workflows/definition.hpp"
#include "workflows/dispatch.hpp"
#include "workflows/stage.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ratchet::storage {
class artifact_store;
class history;
class loop_journal;
class registry;
class store;
} // namespace ratchet::storage

/// What the node offers to its borders (HTTP today): no actor and no CAF type
/// is to be seen from here. Implemented by actors/node.hpp; tests of the API
/// bring their own.

namespace ratchet::actors {

/// Who serves a loop's traffic now. Immutable; replaced whole on a change.
struct served_experiment;
struct served_version {
  version_number version;
  std::string digest; ///< Of the artifact.
  std::string name;   ///< Of the artifact: "model.joblib".
  /// Of the champion, while it is compared with others; else null.
  std::shared_ptr<const served_experiment> experiment{};
};
/// Who serves beside the champion, and how units are assigned. Its shares are
/// on disk.
struct served_experiment {
  experiment_number number;
  std::string salt;
  std::vector<double> shares; ///< The champion's first.
  std::vector<served_version> challengers;
};
using assignment_table = std::map<std::string, served_version, std::less<>>;

enum class operator_verb : std::uint8_t {
  trigger,
  pause,
  resume,
  cancel,  ///< iteration
  retry,   ///< iteration, and stage if not empty
  skip,    ///< iteration and stage
  approve, ///< iteration, and stage if several wait
  reject,  ///< the same
  signal,  ///< iteration, with `signal`
  /// Of an attempt that runs: iteration, stage, attempt, with `step`. No
  /// operator's, but the same way.
  record_step,
  promote, ///< version
  rollback,
  add_version,      ///< artifact; becomes champion too if `champion`
  webhook,          ///< hook
  pause_iteration,  ///< iteration; what runs is stopped if `at_once`
  resume_iteration, ///< iteration
  label,            ///< iteration, `labels` and `removed_labels`
  archive,          ///< a loop that nobody hosts
  acknowledge,      ///< alarm
};

/// A call of a loop's webhook.
struct webhook_call {
  std::string name;
  std::string key; ///< Of its caller; the same again is the same call.
  std::string payload;
};

/// True for verbs that are about one iteration.
[[nodiscard]] constexpr bool is_of_iteration(operator_verb verb) {
  return verb == operator_verb::cancel || verb == operator_verb::retry ||
    verb == operator_verb::skip || verb == operator_verb::approve ||
    verb == operator_verb::reject || verb == operator_verb::signal ||
    verb == operator_verb::record_step ||
    verb == operator_verb::pause_iteration ||
    verb == operator_verb::resume_iteration || verb == operator_verb::label;
}

/// What a signal carries (workflows/waits.hpp).
struct signal_content {
  std::string name;
  std::string id; ///< The sender's; the same id is the same signal.
  std::string payload;
};

/// What an attempt has done for good (workflows/steps.hpp).
struct step_content {
  std::uint32_t attempt = 0;
  std::string name;
  std::string value; ///< JSON.
};

/// An operator's wish. `who` and `reason` go into the journal, and all of it
/// into the audit log.
struct operator_request {
  operator_verb verb = operator_verb::trigger;
  std::string loop;
  iteration_number iteration;
  std::string stage;
  version_number version;
  workflows::artifact_ref artifact;
  bool champion = false;
  std::string who;
  std::string reason;
  webhook_call hook{};
  signal_content signal{};
  step_content step{};
  bool at_once = false;
  std::map<std::string, std::string> labels{}; ///< Also of a trigger.
  std::vector<std::string> removed_labels{};
  workflows::audit_stamp audit{}; ///< Given by whoever decides first.
  std::uint64_t alarm = 0;        ///< The number of its event.
};

/// What came of it; what does not apply is 0.
struct operator_answer {
  iteration_number iteration;
  version_number version;
  /// False if it was so already, and nothing was recorded.
  bool changed = true;
  std::uint64_t event = 0; ///< webhook: the number of its record.
};

struct attempt_progress {
  double done = 0; ///< 0 to 1.
  std::string note;
};

/// Counted since the start of the process.
struct node_stats {
  counter events_accepted{0};
  counter events_duplicate{0};
  counter events_conflict{0};
  counter commits{0}; ///< Journal groups made durable.
  counter commit_failures{0};
  counter appends{0}; ///< Requests in those groups.
  counter iterations_started{0};
  counter iterations_ended{0};
  counter iterations_asleep{0};    ///< Now: not in memory.
  counter iterations_read_back{0}; ///< From the journal, after the start.
  counter attempts_started{0};
  counter attempts_adopted{0}; ///< Found alive after a restart.
  counter attempts_lost{0};    ///< Found gone after a restart.
  latency_histogram commit_latency;
};

class client {
public:
  virtual ~client() = default;

  /// The loops hosted here, by name. Constant while the node runs.
  [[nodiscard]] virtual const std::map<
    std::string, workflows::loop_definition, std::less<>>&
  loops() const = 0;

  /// Hands one body's events of one loop to the journal. `done` is called
  /// exactly once, on a thread of the node's, and must not block: after the
  /// events are durable, or with the reason why they are not.
  /// Errors: `unavailable` if too much waits already (try again), the journal
  ///   has stopped, or the node is shutting down; `not_found` for an unknown
  ///   loop.
  virtual void append(
    storage::event_batch batch,
    std::function<void(result<storage::append_outcome>)> done) = 0;

  /// Carries out an operator's wish; `done` as for `append`.
  virtual void request(
    operator_request request,
    std::function<void(result<operator_answer>)> done) = 0;

  /// Lock-free enough for every assignment request.
  [[nodiscard]] virtual std::shared_ptr<const assignment_table>
  assignments() const = 0;

  /// Progress of attempts that run now, by stage name.
  [[nodiscard]] virtual std::map<std::string, attempt_progress>
  progress(const std::string& loop, iteration_number iteration) const = 0;

  /// The slots of this node, and how many attempts wait for them. The shared
  /// pool first.
  [[nodiscard]] virtual std::vector<workflows::pool_view> slots() const = 0;

  /// A sign of life of a command's attempt.
  /// Errors: `not_found` if it does not run here.
  [[nodiscard]] virtual result<void>
  heartbeat(const std::string& attempt_id) = 0;
  /// How far a command's attempt is; a sign of life, too.
  /// Errors: as `heartbeat`.
  [[nodiscard]] virtual result<void>
  report_progress(const std::string& attempt_id, attempt_progress progress) = 0;

  /// Whether `token` is what the attempt was given to prove itself with.
  [[nodiscard]] virtual bool is_attempt_token(
    std::string_view attempt_id, std::string_view token) const = 0;

  /// Where an attempt's captured output is, whether or not it exists yet.
  [[nodiscard]] virtual std::filesystem::path
  attempt_log(const std::string& attempt_id) const = 0;

  /// Why the node cannot serve now; nothing if it can.
  [[nodiscard]] virtual std::optional<error> not_ready() const = 0;

  /// What was recorded, to read. Safe from any thread; blocks on the disk.
  [[nodiscard]] virtual const storage::store& store() const = 0;
  [[nodiscard]] virtual const storage::history& history() const = 0;
  [[nodiscard]] virtual const storage::loop_journal& journal() const = 0;
  [[nodiscard]] virtual const storage::registry& registry() const = 0;
  [[nodiscard]] virtual storage::artifact_store& artifacts() = 0;

  [[nodiscard]] virtual const node_stats& stats() const = 0;
};

} // namespace ratchet::actors
