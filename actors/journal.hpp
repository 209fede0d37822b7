#pragma once

#include "actors/interfaces.hpp"

#include <caf/stateful_actor.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace ratchet::storage {
class history;
class commit_log;
} // namespace ratchet::storage

namespace ratchet::actors {

/// A commit that waits for its group.
struct waiting_commit {
  storage::write_batch batch;
  caf::typed_response_promise<committed> promise;
};
/// An append that was staged into the group.
struct waiting_append {
  std::function<void(result<storage::append_outcome>)> done;
  storage::append_outcome outcome;
};

struct journal_state {
  static inline const char* name = "journal";

  storage::history* history = nullptr;
  storage::commit_log* log = nullptr;
  node_stats* stats = nullptr;
  channels_actor channels;
  std::vector<std::variant<waiting_append, waiting_commit>> waiting;
  std::map<std::string, sequence> grown; ///< Loops with staged events.
  bool flush_sent = false;
  bool closed = false;
};

/// The one writer of a shard; detached, because fsync blocks.
///
/// What waits in its mailbox becomes one group: the first message of a group
/// sends a flush to the actor itself, and what arrived before that flush goes
/// along. Under load the group grows with the time the last fsync took, at
/// rest it is one message, and there is no timer to tune.
///
///   gather -> one write batch -> one durable commit -> answer everyone
///
/// After a failed commit every later one fails too (storage/write_batch.hpp):
/// nothing is answered with success that is not on disk.
journal_actor::behavior_type journal(
  journal_actor::stateful_pointer<journal_state> self,
  storage::history* history, storage::commit_log* log, node_stats* stats,
  channels_actor channels);

} // namespace ratchet::actors
