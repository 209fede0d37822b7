#include "storage/event_batch.hpp"

#include "base/assert.hpp"

// Inlining lets the compiler pick the branch for short inputs at the call.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace ratchet::storage {

namespace {

enum class hash_use : std::uint64_t {
  interaction_id = 1,
  feedback_id = 2,
  interaction_reference = 3,
  subject = 4,
};

std::uint64_t hash(hash_use use, std::string_view text) {
  const auto h = XXH3_64bits_withSeed(
    text.data(), text.size(), static_cast<XXH64_hash_t>(use));
  return h == 0 ? 1 : h; // 0 says "none" in a slot.
}

} // namespace

std::uint64_t hash_event_id(event_kind kind, std::string_view id) {
  switch (kind) {
  case event_kind::interaction:
    return hash(hash_use::interaction_id, id);
  case event_kind::feedback:
    break;
  }
  return hash(hash_use::feedback_id, id);
}

std::uint64_t hash_interaction_reference(std::string_view id) {
  return hash(hash_use::interaction_reference, id);
}

std::uint64_t hash_subject(std::string_view subject) {
  return hash(hash_use::subject, subject);
}

void event_batch::add(const event_view& e, std::uint32_t body_index) {
  const auto offset = bytes.size();
  encode_event(e, bytes);
  RATCHET_ASSERT(bytes.size() <= 0xFFFFFFFFU);
  slots.push_back(
    {static_cast<std::uint32_t>(offset),
     static_cast<std::uint32_t>(bytes.size() - offset),
     hash_event_id(e.kind, e.id),
     e.interaction_id.empty() ? 0
                              : hash_interaction_reference(e.interaction_id),
     e.subject.empty() ? 0 : hash_subject(e.subject), body_index, e.kind});
}

} // namespace ratchet::storage
