#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ratchet::storage {

/// Where a value lives. One column family each; names and keys are in
/// docs/formats/. The index of the history is not among them: it is derived,
/// and rebuilt from the blocks (storage/history.hpp).
enum class column : std::uint8_t {
  meta = 0,     ///< Format version, loop numbers, definitions.
  history = 1,  ///< Blocks of captured events.
  control = 2,  ///< Loop and iteration journals, states, decisions.
  registry = 3, ///< Versions and aliases.
};

/// What changes together or not at all. Plain data: under consensus the same
/// batch is what the leader proposes and every replica applies.
class write_batch {
public:
  enum class op_kind : std::uint8_t { put, erase, erase_range };
  struct op {
    op_kind kind;
    column where;
    std::string key;
    std::string value; ///< put: the value; erase_range: end key, exclusive.
  };

  void put(column where, std::string key, std::string value) {
    ops_.push_back({op_kind::put, where, std::move(key), std::move(value)});
  }
  void erase(column where, std::string key) {
    ops_.push_back({op_kind::erase, where, std::move(key), {}});
  }
  /// Erases [from, to).
  void erase_range(column where, std::string from, std::string to) {
    ops_.push_back(
      {op_kind::erase_range, where, std::move(from), std::move(to)});
  }
  /// Moves all of `other` behind what is here.
  void append(write_batch other) {
    for (auto& moved : other.ops_)
      ops_.push_back(std::move(moved));
  }

  [[nodiscard]] const std::vector<op>& ops() const { return ops_; }
  [[nodiscard]] bool empty() const { return ops_.empty(); }

private:
  std::vector<op> ops_;
};

/// The seam between the journal and what makes it durable: one RocksDB today,
/// a replicated log later.
class commit_log {
public:
  virtual ~commit_log() = default;

  /// Makes all of `batch` durable, or none of it.
  ///
  /// Durability: on return without error it is on disk (fsync returned) and
  ///   visible to readers. An error is final: the log takes no further
  ///   commits, because what reached the disk is unknown until it is reopened.
  /// Errors: `io_error` (disk full, failed write or fsync), `unavailable`
  ///   once an earlier commit failed; `not_leader` from a replicated log.
  /// Threads: one caller at a time. Blocks.
  [[nodiscard]] virtual result<void> commit(const write_batch& batch) = 0;
};

} // namespace ratchet::storage
