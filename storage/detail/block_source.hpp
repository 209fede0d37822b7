#pragma once

#include "storage/detail/block.hpp"
#include "storage/store.hpp"

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace ratchet::storage::detail {

/// A block in memory, for as long as someone looks at it.
struct loaded_block {
  std::string bytes;
  block_view view;
};

/// Which loop a block is of; the name is for messages.
struct loop_id {
  loop_number number;
  std::string name;
};

/// Finds and reads blocks, and keeps the ones last used: lookups come in
/// crowds, be it a repeated request or feedback on what was served just now.
///
/// Threads: any.
class block_source {
public:
  explicit block_source(const store& from) : store_(from) {}

  /// The block that holds `seq`, which the caller knows to exist.
  /// Errors: `corruption` naming loop and sequence, also if there is none.
  [[nodiscard]] result<std::shared_ptr<const loaded_block>>
  holding(const loop_id& loop, sequence seq);

  /// Visits the blocks of `loop` from the one that holds `seq` on, past the
  /// cache, until `visit` returns false.
  /// Errors: `corruption` naming loop and sequence, also for a gap.
  [[nodiscard]] result<void> scan(
    const loop_id& loop, sequence seq,
    const std::function<bool(const block_view&)>& visit) const;

  /// The last block of `loop`; null if there is none.
  [[nodiscard]] result<std::shared_ptr<const loaded_block>>
  last(const loop_id& loop) const;

private:
  using key = std::pair<loop_number, sequence>;
  struct cached {
    std::shared_ptr<const loaded_block> block;
    std::list<key>::iterator used;
  };

  [[nodiscard]] result<std::shared_ptr<const loaded_block>>
  last_before(const loop_id& loop, sequence end) const;
  [[nodiscard]] std::shared_ptr<const loaded_block>
  find(loop_number loop, sequence seq);
  void keep(loop_number loop, std::shared_ptr<const loaded_block> block);

  const store& store_;
  std::mutex mutex_;
  std::map<key, cached> blocks_;
  std::list<key> by_use_; ///< Latest first.
  std::size_t bytes_ = 0;
};

} // namespace ratchet::storage::detail
