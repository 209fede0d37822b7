#pragma once

#include "base/clock.hpp"
#include "base/event.hpp"
#include "base/ids.hpp"
#include "storage/event_codec.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What travels between the thread that parses a request and the journal, in
/// one message each way.

namespace ratchet::storage {

/// The hashes by which the history finds events: 64 bits of XXH3, each use
/// with a seed of its own. Collisions are expected and handled. On disk in
/// the index only, which is derived.
[[nodiscard]] std::uint64_t hash_event_id(event_kind kind, std::string_view id);
[[nodiscard]] std::uint64_t hash_interaction_reference(std::string_view id);
[[nodiscard]] std::uint64_t hash_subject(std::string_view subject);

/// The events of one body for one loop: encoded, hashed, in body order.
/// Made on the parsing thread so that the journal only copies and looks up.
struct event_batch {
  struct slot {
    std::uint32_t offset;
    std::uint32_t size;
    std::uint64_t id_hash;
    std::uint64_t interaction_hash; ///< 0: speaks of no interaction.
    std::uint64_t subject_hash;     ///< 0: has no subject.
    std::uint32_t body_index;       ///< Which event of the body this is.
    event_kind kind;
  };

  std::string loop;
  time_point received;
  std::string bytes; ///< Encoded events, one after the other; < 4 GiB.
  std::vector<slot> slots;

  void add(const event_view& e, std::uint32_t body_index);

  [[nodiscard]] std::string_view encoded(const slot& s) const {
    return std::string_view{bytes}.substr(s.offset, s.size);
  }
};

/// An event whose id is taken by one of other content.
struct id_conflict {
  std::uint32_t body_index;
  std::string id;
};

/// What became of a batch. Every event is accepted, a duplicate, or in
/// `conflicts`.
struct append_outcome {
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::vector<id_conflict> conflicts;
  sequence end; ///< The loop's last sequence once this is durable.
};

} // namespace ratchet::storage
