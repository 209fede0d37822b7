#pragma once

#include <cstddef>
#include <new>

namespace ratchet::storage::detail {

/// Asks for the cache line at `p`. Inlined by force: GCC takes a function that
/// does nothing else for one without effect and drops calls to it.
[[gnu::always_inline]] inline void prefetch_line(const void* p) {
  __builtin_prefetch(p);
}

/// Pages straight from the kernel, aligned to huge ones and zeroed; throws
/// std::bad_alloc. Back to the kernel at once when freed.
[[nodiscard]] void* map_huge(std::size_t bytes);
void unmap_huge(void* at, std::size_t bytes);

/// For tables of megabytes that come and go, and are read at random. Without
/// huge pages a lookup mostly waits for page tables; and the heap keeps such
/// pieces when they are freed, and grows.
template <class T>
struct huge_allocator {
  using value_type = T;

  huge_allocator() = default;
  template <class U>
  huge_allocator(const huge_allocator<U>&) {}

  [[nodiscard]] T* allocate(std::size_t count) {
    const auto bytes = count * sizeof(T);
    return static_cast<T*>(
      bytes < threshold ? ::operator new (bytes, std::align_val_t{alignment})
                        : map_huge(bytes));
  }
  void deallocate(T* at, std::size_t count) {
    const auto bytes = count * sizeof(T);
    if (bytes < threshold)
      ::operator delete (static_cast<void*>(at), std::align_val_t{alignment});
    else
      unmap_huge(at, bytes);
  }

  friend bool operator==(const huge_allocator&, const huge_allocator&) {
    return true;
  }

private:
  static constexpr std::size_t threshold = std::size_t{1} << 20U;
  static constexpr std::size_t alignment = alignof(T) < 64 ? 64 : alignof(T);
};

} // namespace ratchet::storage::detail
