#include "process/detail/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace ratchet::process::detail {

void unique_fd::reset(int fd) {
  if (fd_ >= 0)
    ::close(fd_);
  fd_ = fd;
}

result<pipe_ends> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0)
    return error{
      errc::io_error, "cannot make a pipe: " + describe_errno(errno)};
  return pipe_ends{unique_fd{fds[0]}, unique_fd{fds[1]}};
}

std::string describe_errno(int err) {
  // Unlike strerror it shares no buffer between threads.
  const char* text = ::strerrordesc_np(err);
  return text != nullptr ? text : "error " + std::to_string(err);
}

error io_failure(
  std::string_view what, const std::filesystem::path& path, int err) {
  return error{
    errc::io_error,
    "cannot " + std::string{what} + " " + path.string() + ": " +
      describe_errno(err)};
}

unique_fd open_file(const std::filesystem::path& path, int flags) {
  int fd = -1;
  do
    fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  while (fd < 0 && errno == EINTR);
  return unique_fd{fd};
}

bool write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const auto written = ::write(fd, data.data(), data.size());
    if (written < 0) {
      if (errno == EINTR)
        continue;
      return false;
    }
    data.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

result<std::optional<std::string>>
read_file(const std::filesystem::path& path, std::size_t limit) {
  const auto fd = open_file(path, O_RDONLY);
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR)
      return std::optional<std::string>{};
    return io_failure("open", path, errno);
  }
  std::string content;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto size = ::read(fd.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR)
      continue;
    if (size < 0)
      return io_failure("read", path, errno);
    if (size == 0)
      return std::optional{std::move(content)};
    content.append(buffer.data(), static_cast<std::size_t>(size));
    if (content.size() > limit)
      return error{
        errc::resource_limit,
        path.string() + " is longer than " + std::to_string(limit) + " bytes"};
  }
}

result<void> sync_directory(const std::filesystem::path& dir) {
  const auto fd = open_file(dir, O_RDONLY | O_DIRECTORY);
  if (!fd.valid())
    return io_failure("open directory", dir, errno);
  if (::fsync(fd.get()) != 0)
    return io_failure("fsync directory", dir, errno);
  return {};
}

namespace {

result<void> replace_file(
  const std::filesystem::path& dir, std::string_view name,
  std::string_view content, bool sync) {
  // Two threads, or two processes, may write the same name at once.
  static std::atomic<unsigned> counter{0};
  const auto temporary = dir /
    ("." + std::string{name} + "." + std::to_string(::getpid()) + "." +
     std::to_string(counter.fetch_add(1)) + ".tmp");
  const auto target = dir / name;
  const auto failed = [&](std::string_view what) {
    auto failure = io_failure(what, target, errno);
    ::unlink(temporary.c_str());
    return failure;
  };
  {
    const auto fd = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!fd.valid())
      return failed("create");
    if (!write_all(fd.get(), content))
      return failed("write");
    if (sync && ::fsync(fd.get()) != 0)
      return failed("fsync");
  }
  if (::rename(temporary.c_str(), target.c_str()) != 0)
    return failed("rename to");
  return {};
}

} // namespace

result<void> write_atomically(
  const std::filesystem::path& dir, std::string_view name,
  std::string_view content) {
  return replace_file(dir, name, content, false);
}

result<void> write_durably(
  const std::filesystem::path& dir, std::string_view name,
  std::string_view content) {
  if (auto replaced = replace_file(dir, name, content, true); !replaced)
    return replaced;
  return sync_directory(dir);
}

} // namespace ratchet::process::detail
