#pragma once

#include <cstddef>
#include <new>

#include <sys/mman.h>

namespace ratchet::storage::detail {

/// Asks for the cache line at `p`. Inlined by force: GCC takes a function that
/// does nothing else for one without effect and drops calls to it.
[[gnu::always_inline]] inline void prefetch_line(const void* p) {
  __builtin_prefetch(p);
}

/// For large tables that are read at random: asks for huge pages, without
/// which a lookup in tens of megabytes mostly waits for page tables. Small
/// requests are an ordinary allocation.
template <class T>
struct huge_allocator {
  using value_type = T;

  huge_allocator() = default;
  template <class U>
  huge_allocator(const huge_allocator<U>&) {}

  [[nodiscard]] T* allocate(std::size_t count) {
    const auto bytes = count * sizeof(T);
    if (bytes < huge_page)
      return static_cast<T*>(
        ::operator new (bytes, std::align_val_t{alignment}));
    const auto rounded = (bytes + huge_page - 1) / huge_page * huge_page;
    auto* at = ::operator new (rounded, std::align_val_t{huge_page});
    ::madvise(at, rounded, MADV_HUGEPAGE); // A wish; small pages do as well.
    return static_cast<T*>(at);
  }
  void deallocate(T* at, std::size_t count) {
    const auto bytes = count * sizeof(T);
    ::operator delete (
      static_cast<void*>(at),
      std::align_val_t{bytes < huge_page ? alignment : huge_page});
  }

  friend bool operator==(const huge_allocator&, const huge_allocator&) {
    return true;
  }

private:
  static constexpr std::size_t huge_page = std::size_t{2} << 20U;
  static constexpr std::size_t alignment = alignof(T) < 64 ? 64 : alignof(T);
};

} // namespace ratchet::storage::detail
