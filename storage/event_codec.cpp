#include "storage/event_codec.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <bit>
#include <cstring>

namespace ratchet::storage {

namespace {

enum flag : std::uint16_t {
  has_interaction_id = 1U << 0U,
  has_channel = 1U << 1U,
  has_subject = 1U << 2U,
  has_version = 1U << 3U,
  has_arm = 1U << 4U,
  has_propensity = 1U << 5U,
  has_at = 1U << 6U,
  has_slices = 1U << 7U,
  has_input = 1U << 8U,
  has_output = 1U << 9U,
  has_metadata = 1U << 10U,
};

constexpr unsigned value_shift = 11;
constexpr std::uint16_t value_mask = 3U << value_shift;
constexpr std::uint16_t known_flags = (1U << 13U) - 1;

/// Values of the two value bits, in the order of the variant's alternatives.
enum class stored_value : std::uint16_t {
  no = 0,
  yes = 1,
  number = 2,
  text = 3
};

template <class Event>
stored_value kind_of_value(const Event& e) {
  switch (e.value.index()) {
  case 0:
    return *std::get_if<0>(&e.value) ? stored_value::yes : stored_value::no;
  case 1:
    return stored_value::number;
  }
  return stored_value::text;
}

template <class Event>
std::uint16_t flags_of(const Event& e) {
  unsigned flags = static_cast<unsigned>(kind_of_value(e)) << value_shift;
  const auto set_if = [&](flag f, bool present) {
    flags |= present ? static_cast<unsigned>(f) : 0U;
  };
  set_if(has_interaction_id, !e.interaction_id.empty());
  set_if(has_channel, !e.channel.empty());
  set_if(has_subject, !e.subject.empty());
  set_if(has_version, e.version.value != 0);
  set_if(has_arm, !e.arm.empty());
  // By bits, so that -0.0 keeps its sign.
  set_if(has_propensity, std::bit_cast<std::uint64_t>(e.propensity) != 0);
  set_if(has_at, to_ms(e.at) != 0);
  set_if(has_slices, !e.slices.empty());
  set_if(has_input, !e.input.empty());
  set_if(has_output, !e.output.empty());
  set_if(has_metadata, !e.metadata.empty());
  return static_cast<std::uint16_t>(flags);
}

template <class Event>
std::size_t most_bytes(const Event& e) {
  // 64: all the fixed fields and lengths together.
  auto size = 64 + e.id.size() + e.interaction_id.size() + e.channel.size() +
    e.subject.size() + e.arm.size() + e.input.size() + e.output.size() +
    e.metadata.size();
  for (const auto& [name, value] : e.slices)
    size += 4 + name.size() + value.size();
  if (const auto* text = std::get_if<2>(&e.value))
    size += text->size();
  return size;
}

/// Writes to room that `most_bytes` has made.
class writer {
public:
  explicit writer(char* at) : at_(at) {}

  template <class Integer>
  void integer(Integer value) {
    std::memcpy(at_, &value, sizeof value); // Little-endian: base/bytes.cpp.
    at_ += sizeof value;
  }
  void short_text(std::string_view text) {
    RATCHET_ASSERT(text.size() <= max_short_text);
    integer(static_cast<std::uint16_t>(text.size()));
    raw(text);
  }
  void long_text(std::string_view text) {
    RATCHET_ASSERT(text.size() <= 0xFFFFFFFFU);
    integer(static_cast<std::uint32_t>(text.size()));
    raw(text);
  }
  [[nodiscard]] char* at() const { return at_; }

private:
  void raw(std::string_view text) {
    if (!text.empty())
      std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

  char* at_;
};

template <class Event>
void encode(const Event& e, std::string& out) {
  const auto start = out.size();
  out.resize(start + most_bytes(e));
  writer to{out.data() + start};
  const auto flags = flags_of(e);
  to.integer(static_cast<std::uint8_t>(e.kind));
  to.integer(flags);
  to.short_text(e.id);
  if ((flags & has_interaction_id) != 0)
    to.short_text(e.interaction_id);
  if ((flags & has_channel) != 0)
    to.short_text(e.channel);
  if ((flags & has_subject) != 0)
    to.short_text(e.subject);
  if ((flags & has_version) != 0)
    to.integer(e.version.value);
  if ((flags & has_arm) != 0)
    to.short_text(e.arm);
  if ((flags & has_propensity) != 0)
    to.integer(std::bit_cast<std::uint64_t>(e.propensity));
  if ((flags & has_at) != 0)
    to.integer(to_ms(e.at));
  if ((flags & has_slices) != 0) {
    RATCHET_ASSERT(e.slices.size() <= max_short_text);
    to.integer(static_cast<std::uint16_t>(e.slices.size()));
    for (const auto& [name, value] : e.slices) {
      to.short_text(name);
      to.short_text(value);
    }
  }
  if ((flags & has_input) != 0)
    to.long_text(e.input);
  if ((flags & has_output) != 0)
    to.long_text(e.output);
  if ((flags & has_metadata) != 0)
    to.long_text(e.metadata);
  if (const auto* number = std::get_if<1>(&e.value))
    to.integer(std::bit_cast<std::uint64_t>(*number));
  else if (const auto* text = std::get_if<2>(&e.value))
    to.long_text(*text);
  out.resize(static_cast<std::size_t>(to.at() - out.data()));
}

/// Reads the fields that are flagged. A flagged field that is empty is wrong:
/// the encoder would not have flagged it.
class reader {
public:
  explicit reader(std::string_view bytes) : in_(bytes) {
    const auto kind = in_.u8();
    flags_ = in_.le16();
    sound_ = (kind == 1 || kind == 2) && (flags_ & ~known_flags) == 0;
    kind_ = kind == 1 ? event_kind::interaction : event_kind::feedback;
  }

  [[nodiscard]] event_kind kind() const { return kind_; }
  [[nodiscard]] stored_value value() const {
    return static_cast<stored_value>((flags_ & value_mask) >> value_shift);
  }
  [[nodiscard]] bool has(flag f) const { return (flags_ & f) != 0; }
  [[nodiscard]] bool sound() const { return sound_ && in_.ok(); }
  [[nodiscard]] bool complete() const { return sound() && in_.rest().empty(); }

  std::string_view short_text() { return in_.bytes(in_.le16()); }
  std::string_view long_text() { return in_.bytes(in_.le32()); }
  std::uint64_t u64() { return in_.le64(); }
  std::uint16_t u16() { return in_.le16(); }

  std::string_view short_text(flag f) {
    return has(f) ? not_empty(short_text()) : std::string_view{};
  }
  std::string_view long_text(flag f) {
    return has(f) ? not_empty(long_text()) : std::string_view{};
  }
  std::uint64_t u64(flag f) { return has(f) ? not_zero(u64()) : 0; }

  template <class Integer>
  Integer not_zero(Integer value) {
    sound_ = sound_ && value != 0;
    return value;
  }

private:
  std::string_view not_empty(std::string_view text) {
    sound_ = sound_ && !text.empty();
    return text;
  }

  byte_reader in_;
  std::uint16_t flags_ = 0;
  event_kind kind_ = event_kind::interaction;
  bool sound_ = true;
};

error damaged(std::string_view bytes) {
  return {
    errc::corruption,
    "stored event of " + std::to_string(bytes.size()) +
      " bytes does not parse"};
}

feedback_value read_value(reader& in) {
  switch (in.value()) {
  case stored_value::no:
    return false;
  case stored_value::yes:
    return true;
  case stored_value::number:
    return std::bit_cast<double>(in.u64());
  case stored_value::text:
    break;
  }
  return std::string{in.long_text()};
}

} // namespace

void encode_event(const event_view& e, std::string& out) {
  encode(e, out);
}

void encode_event(const event& e, std::string& out) {
  encode(e, out);
}

result<event> decode_event(std::string_view bytes) {
  reader in{bytes};
  event e;
  e.kind = in.kind();
  e.id = in.short_text();
  e.interaction_id = in.short_text(has_interaction_id);
  e.channel = in.short_text(has_channel);
  e.subject = in.short_text(has_subject);
  e.version.value = in.u64(has_version);
  e.arm = in.short_text(has_arm);
  e.propensity = std::bit_cast<double>(in.u64(has_propensity));
  e.at = from_ms(static_cast<std::int64_t>(in.u64(has_at)));
  if (in.has(has_slices)) {
    const auto count = in.not_zero(in.u16());
    for (unsigned i = 0; i < count && in.sound(); ++i) {
      const auto name = in.short_text();
      e.slices.emplace_back(name, in.short_text());
    }
  }
  e.input = in.long_text(has_input);
  e.output = in.long_text(has_output);
  e.metadata = in.long_text(has_metadata);
  e.value = read_value(in);
  if (!in.complete())
    return damaged(bytes);
  return e;
}

result<event_head> decode_event_head(std::string_view bytes) {
  reader in{bytes};
  event_head head{in.kind(), in.short_text(), {}, {}, {}};
  head.interaction_id = in.short_text(has_interaction_id);
  head.channel = in.short_text(has_channel);
  head.subject = in.short_text(has_subject);
  if (!in.sound())
    return damaged(bytes);
  return head;
}

} // namespace ratchet::storage
