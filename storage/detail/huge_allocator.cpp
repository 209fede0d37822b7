#include "storage/detail/huge_allocator.hpp"

#include <cstdint>

#include <sys/mman.h>

namespace ratchet::storage::detail {

namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20U;

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + huge_page - 1) / huge_page * huge_page;
}

} // namespace

void* map_huge(std::size_t bytes) {
  // One page more than needed, to cut the ends off where none begins.
  const auto size = whole_pages(bytes);
  auto* mapped = static_cast<char*>(::mmap(
    nullptr, size + huge_page, PROT_READ | PROT_WRITE,
    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (mapped == MAP_FAILED)
    throw std::bad_alloc{};
  const auto past = reinterpret_cast<std::uintptr_t>(mapped) % huge_page;
  const auto lead = past == 0 ? 0 : huge_page - past;
  if (lead > 0)
    ::munmap(mapped, lead);
  if (lead < huge_page)
    ::munmap(mapped + lead + size, huge_page - lead);
  ::madvise(mapped + lead, size, MADV_HUGEPAGE); // A wish; it may be refused.
  return mapped + lead;
}

void unmap_huge(void* at, std::size_t bytes) {
  ::munmap(at, whole_pages(bytes));
}

} // namespace ratchet::storage::detail
