#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/store.hpp"
#include "storage/write_batch.hpp"
#include "workflows/stage.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The model registry: which versions a loop has, where each came from, and
/// which of them its aliases ("champion") name.
///
/// What happens on disk when an alias moves: ONE put into column `registry`,
///
///   key    alias_key{loop, "champion"}     record   alias {version, ...}
///
/// in the same write batch as the `champion_moved` event in column `control`
/// (the decision record: who, why, from which version to which) and the
/// loop's new state. The batch reaches the disk with one fsync: after a crash
/// either all of it is there or none. Versions and artifacts are not touched;
/// the old champion stays registered. Nothing else writes an alias. A rollback
/// also says so of the version that is taken back, in the same batch.
///
/// Keys and records: docs/formats/registry.md.

namespace ratchet::storage {

/// The alias that serves.
inline constexpr std::string_view champion_alias = "champion";

/// A registered model and its lineage. Never changed once written.
struct version_record {
  version_number number;
  std::string loop;
  std::string source;         ///< Attempt id, or the digest of an upload.
  iteration_number iteration; ///< 0: by an operator.
  workflows::artifact_ref artifact;
  time_point created;
  version_number parent;      ///< Champion when its iteration began; 0: none.
  std::string dataset_digest; ///< Of what it was trained on; empty: unknown.
  std::string note;
  std::string who; ///< "iteration", or the operator.

  friend bool
  operator==(const version_record&, const version_record&) = default;
};

/// Where an alias points, and since when. Earlier moves are in the loop's
/// journal (`champion_moved`).
struct alias_record {
  std::string name;
  version_number version;
  version_number previous; ///< What it named before; 0: nothing.
  time_point moved_at;
  std::string who;
  std::string reason;

  friend bool operator==(const alias_record&, const alias_record&) = default;
};

/// That a version was champion and was taken back: by an operator, or by an
/// alarm in its probation. The last time, if it happened more than once.
struct rollback_record {
  version_number version;
  version_number to; ///< The champion that served again.
  time_point at;
  std::string who;
  std::string reason;
  std::uint64_t event = 0; ///< Number of the loop's event, with all of it.

  friend bool
  operator==(const rollback_record&, const rollback_record&) = default;
};

/// A compare-and-set: `alias` goes to `to` only if it names `expected`.
struct alias_move {
  std::string alias;
  version_number expected; ///< 0: the alias does not exist yet.
  version_number to;
  time_point at;
  std::string who;
  std::string reason;
};

/// Threads: any. Errors: besides the named ones `corruption` (with the loop's
/// number and the record) and `io_error`.
class registry {
public:
  /// `from` must outlive this.
  explicit registry(const store& from) : store_(&from) {}

  /// Adds a version to `batch`.
  /// Errors: `already_exists` if its number is taken by another record (the
  ///   same one again is fine and adds nothing); `invalid_argument` for 0.
  [[nodiscard]] result<void> add_version(
    write_batch& batch, loop_number loop, const version_record& version) const;

  /// Adds an alias' move to `batch`, if it names `move.expected` now.
  ///
  /// "Now" is the store with `batch` on top. That is a true compare-and-set
  /// because a loop has one writer, its supervisor: it builds no batch while
  /// one of its own is under way, and the journal commits in the order given,
  /// so nothing can come between this check and the commit.
  /// Errors: `conflict` naming both versions; `not_found` if `move.to` is not
  ///   registered (or only in another batch). On error `batch` is unchanged.
  [[nodiscard]] result<void> move_alias(
    write_batch& batch, loop_number loop, const alias_move& move) const;

  /// Adds to `batch` what is known of a version that was taken back.
  void add_rollback(
    write_batch& batch, loop_number loop, const rollback_record& what) const;
  /// Nothing if it never was.
  [[nodiscard]] result<std::optional<rollback_record>>
  rollback_of(loop_number loop, version_number number) const;

  /// Errors: `not_found`.
  [[nodiscard]] result<version_record>
  version(loop_number loop, version_number number) const;
  /// At most `limit`, the newest first; only versions before `before`, where
  /// 0 means all.
  [[nodiscard]] result<std::vector<version_record>>
  versions(loop_number loop, version_number before, std::size_t limit) const;
  /// Errors: `not_found`.
  [[nodiscard]] result<alias_record>
  alias(loop_number loop, const std::string& name) const;
  /// By name.
  [[nodiscard]] result<std::vector<alias_record>>
  aliases(loop_number loop) const;

private:
  const store* store_;
};

} // namespace ratchet::storage
