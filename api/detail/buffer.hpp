#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

namespace ratchet::api::detail {

/// Bytes that come in at the end and go out at the front. Not zeroed, and
/// always with `padding` readable bytes behind the last.
class buffer {
public:
  static constexpr std::size_t padding = 64;

  [[nodiscard]] std::string_view view() const {
    return {data_.get() + begin_, end_ - begin_};
  }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  /// Room for `bytes` more behind the end: write there, then `commit`. Moves
  /// what is held if it must.
  [[nodiscard]] char* prepare(std::size_t bytes) {
    if (capacity_ - end_ < bytes)
      make_room(bytes);
    return data_.get() + end_;
  }
  void commit(std::size_t bytes) { end_ += bytes; }

  void append(std::string_view bytes) {
    std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
  }

  void consume(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ == end_)
      begin_ = end_ = 0;
  }

  void clear() { begin_ = end_ = 0; }

  /// Gives the memory back.
  void release() {
    data_.reset();
    begin_ = end_ = capacity_ = 0;
  }

private:
  struct free_bytes {
    void operator()(char* p) const { std::free(p); }
  };

  void make_room(std::size_t bytes) {
    const auto held = size();
    if (begin_ > 0) {
      std::memmove(data_.get(), data_.get() + begin_, held);
      begin_ = 0;
      end_ = held;
    }
    if (capacity_ - end_ >= bytes)
      return;
    auto* grown =
      static_cast<char*>(std::realloc(data_.get(), held + bytes + padding));
    if (grown == nullptr)
      throw std::bad_alloc{};
    static_cast<void>(data_.release());
    data_.reset(grown);
    capacity_ = held + bytes;
  }

  std::unique_ptr<char, free_bytes> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

} // namespace ratchet::api::detail
