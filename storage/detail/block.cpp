#include "storage/detail/block.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "storage/record.hpp"

namespace ratchet::storage::detail {

namespace {

constexpr std::size_t fixed_bytes = 24;
constexpr std::size_t span_bytes = 12;
constexpr std::size_t end_bytes = 4;

error damaged(const std::string& what) {
  return {errc::corruption, "history_block record " + what};
}

} // namespace

void block_builder::add(std::string_view encoded, time_point received) {
  size_ += encoded.size();
  RATCHET_ASSERT(size_ <= 0xFFFFFFFFU);
  ends_.push_back(static_cast<std::uint32_t>(size_));
  if (spans_.empty() || spans_.back().received != received)
    spans_.push_back({0, received});
  ++spans_.back().events;
  if (!pieces_.empty()) {
    auto& last = pieces_.back();
    if (last.data() + last.size() == encoded.data()) {
      last = {last.data(), last.size() + encoded.size()};
      return;
    }
  }
  pieces_.push_back(encoded);
}

std::string block_builder::finish() const {
  std::string out;
  out.reserve(
    record_header_size + fixed_bytes + spans_.size() * span_bytes +
    ends_.size() * end_bytes + size_);
  out.resize(record_header_size);
  put_le64(out, first_.value);
  put_le64(out, bytes_before_);
  put_le32(out, static_cast<std::uint32_t>(ends_.size()));
  put_le32(out, static_cast<std::uint32_t>(spans_.size()));
  for (const auto& [events, received] : spans_) {
    put_le32(out, events);
    put_le64(out, static_cast<std::uint64_t>(to_ms(received)));
  }
  for (const auto end : ends_)
    put_le32(out, end);
  for (const auto piece : pieces_)
    out.append(piece);
  seal_in_place(record_kind::history_block, {block_layout, 1}, out);
  return out;
}

std::uint32_t block_crc(std::string_view value) {
  return get_le32(value.data() + 4);
}

result<block_view>
block_view::parse(const block_key& key, std::string_view value) {
  const auto record =
    open_record(record_kind::history_block, block_layout, value);
  if (!record)
    return record.err();
  byte_reader in{record->payload};
  block_view out;
  out.first_ = {in.le64()};
  out.bytes_before_ = in.le64();
  out.count_ = in.le32();
  const auto spans = in.le32();
  out.spans_ = in.bytes(std::size_t{spans} * span_bytes);
  out.ends_ = in.bytes(std::size_t{out.count_} * end_bytes);
  out.events_ = in.rest();
  out.value_size_ = value.size();
  out.crc_ = block_crc(value);
  if (!in.ok() || out.count_ == 0 || spans == 0)
    return damaged("ends early");
  if (out.first_ != key.first)
    return damaged(
      "starts at sequence " + std::to_string(out.first_.value) +
      ", its key says " + std::to_string(key.first.value));

  std::uint64_t spanned = 0;
  for (std::size_t i = 0; i < out.spans_.size(); i += span_bytes)
    spanned += get_le32(&out.spans_[i]);
  std::uint32_t end = 0;
  for (std::size_t i = 0; i < out.ends_.size(); i += end_bytes) {
    const auto next = get_le32(&out.ends_[i]);
    if (next < end)
      return damaged("has events that end before they start");
    end = next;
  }
  if (spanned != out.count_ || end != out.events_.size())
    return damaged("does not add up");
  return out;
}

std::string_view block_view::event(std::uint32_t i) const {
  RATCHET_ASSERT(i < count_);
  const auto start =
    i == 0 ? 0 : get_le32(&ends_[std::size_t{i - 1} * end_bytes]);
  const auto end = get_le32(&ends_[std::size_t{i} * end_bytes]);
  return events_.substr(start, end - start);
}

time_point block_view::received(std::uint32_t i) const {
  RATCHET_ASSERT(i < count_);
  std::size_t at = 0;
  for (auto before = get_le32(&spans_[0]); i >= before;
       before += get_le32(&spans_[at]))
    at += span_bytes;
  return from_ms(static_cast<std::int64_t>(get_le64(&spans_[at + 4])));
}

} // namespace ratchet::storage::detail
