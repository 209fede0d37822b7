#pragma once

#include "actors/client.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "ratchet/loop.hpp"
#include "workflows/dispatch.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ratchet::storage {
class commit_log;
} // namespace ratchet::storage

namespace ratchet::actors {

struct node_options {
  std::filesystem::path data_dir; ///< Created if missing; locked while used.
  std::vector<loop> loops;        ///< Checked first; nothing starts if bad.
  /// Where this node's HTTP API answers, for RATCHET_URL of commands.
  std::string url;
  /// What is started as the wrapper of a command; empty: this program itself.
  std::filesystem::path wrapper_program;
  /// Threads of the actors; the journal has one of its own besides.
  std::size_t scheduler_threads = 2;
  /// Attempts that may run at once on this node, by label where that has a
  /// limit of its own (workflows/dispatch.hpp).
  workflows::slot_limits limits;
  /// Appends that may wait for the journal before new ones are refused.
  std::size_t max_waiting_appends = 4096;
  const wall_clock* clock = nullptr; ///< Null: the machine's. Outlives it.
  /// What takes the commits in place of the store, which it is given and
  /// writes to: a test that fails at one of them. Null: the store itself.
  std::function<std::unique_ptr<storage::commit_log>(storage::commit_log&)>
    wrap_log;
};

/// One running engine: the store, the actors of its loops, and the `client`
/// through which the API speaks to them.
///
/// Layout of the data directory: `shard-0/` (RocksDB), `artifacts/`,
/// `attempts/<attempt id>/` (running and recent commands).
class node : public client {
public:
  /// Opens the store, brings every loop to where its journal ends (running
  /// commands are adopted, lost ones tried again), and returns when it can
  /// serve.
  ///
  /// Errors: `invalid_argument` for a definition that does not check;
  ///   `unavailable` if another process uses the directory; `corruption` and
  ///   `io_error` from the store. On error nothing runs.
  [[nodiscard]] static result<std::unique_ptr<node>>
  start(node_options options);

  /// Refuses new work, lets the journal finish what it has, and ends the
  /// actors. Commands go on; the next start adopts them. Idempotent.
  virtual void stop() = 0;
};

} // namespace ratchet::actors
