#include "process/detail/lock.hpp"

#include "process/detail/attempt_files.hpp"

#include <fcntl.h>

#include <cerrno>

namespace ratchet::process::detail {

namespace {

struct flock whole_file(short type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  return range;
}

} // namespace

result<std::optional<attempt_lock>>
attempt_lock::try_acquire(const std::filesystem::path& dir) {
  const auto path = dir / lock_name;
  auto fd = open_file(path, O_RDWR | O_CREAT);
  if (!fd.valid())
    return io_failure("open", path, errno);
  auto range = whole_file(F_WRLCK);
  if (::fcntl(fd.get(), F_OFD_SETLK, &range) == 0)
    return std::optional{attempt_lock{std::move(fd)}};
  if (errno == EAGAIN || errno == EACCES)
    return std::optional<attempt_lock>{};
  return io_failure("lock", path, errno);
}

result<bool> attempt_lock::is_held(const std::filesystem::path& dir) {
  const auto path = dir / lock_name;
  const auto fd = open_file(path, O_RDONLY);
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR)
      return false;
    return io_failure("open", path, errno);
  }
  auto range = whole_file(F_WRLCK);
  if (::fcntl(fd.get(), F_OFD_GETLK, &range) != 0)
    return io_failure("test the lock", path, errno);
  return range.l_type != F_UNLCK;
}

attempt_lock::~attempt_lock() {
  if (!fd_.valid())
    return;
  // A process that another thread is just starting holds a copy of the
  // descriptor until its exec: closing alone would not free the lock yet.
  auto range = whole_file(F_UNLCK);
  ::fcntl(fd_.get(), F_OFD_SETLK, &range);
}

} // namespace ratchet::process::detail
