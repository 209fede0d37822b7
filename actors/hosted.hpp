#pragma once

#include "actors/boards.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "ratchet/stage.hpp"
#include "workflows/definition.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

/// What the actors of a node share, all of it read-only to them or safe for
/// every thread.

namespace ratchet::storage {
class artifact_store;
struct attempt_secret;
class history;
class loop_journal;
class registry;
class store;
} // namespace ratchet::storage

namespace ratchet::actors {

/// A definition made ready to run.
struct hosted_plan {
  workflows::loop_definition definition;
  std::string fingerprint;
  /// By stage name: all stages that must be done before it, in the order of
  /// the definition; for a cleanup stage those whose outputs it gets.
  std::map<std::string, std::vector<std::string>> before;
  /// The functions of its callable stages; empty if this program does not
  /// host this definition any more.
  std::map<std::string, stage_function> functions;
};

[[nodiscard]] std::shared_ptr<const hosted_plan> make_plan(
  workflows::loop_definition definition,
  std::map<std::string, stage_function> functions);

/// The earlier definitions of a loop, each made ready once for all iterations
/// in flight that began with it, and gone with the last of them.
///
/// Threads: any.
class plan_cache {
public:
  /// Null if no iteration has it.
  [[nodiscard]] std::shared_ptr<const hosted_plan>
  find(const std::string& fingerprint) const;
  /// `plan`, or the equal one that came first.
  [[nodiscard]] std::shared_ptr<const hosted_plan>
  share(std::shared_ptr<const hosted_plan> plan);

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::weak_ptr<const hosted_plan>> plans_;
};

/// A loop of this node.
struct hosted_loop {
  loop_number number;
  std::string name;
  std::shared_ptr<const hosted_plan> plan; ///< For new iterations.
  std::shared_ptr<plan_cache> earlier = std::make_shared<plan_cache>();
};

/// The node's services. Outlives every actor.
struct services {
  const wall_clock* clock = nullptr;
  const storage::store* store = nullptr;
  const storage::history* history = nullptr;
  const storage::loop_journal* journal = nullptr;
  const storage::registry* registry = nullptr;
  storage::artifact_store* artifacts = nullptr;
  std::filesystem::path attempts_dir;
  std::filesystem::path wrapper_program;
  std::string url;
  node_stats* stats = nullptr;
  progress_board* progress = nullptr;
  assignment_board* assignments = nullptr;
  slot_board* slots = nullptr;
  heartbeat_board* heartbeats = nullptr;
  const storage::attempt_secret* secret = nullptr;
};

} // namespace ratchet::actors
