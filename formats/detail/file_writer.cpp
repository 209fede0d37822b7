#include "formats/detail/file_writer.hpp"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace ratchet::formats::detail {

namespace {

constexpr std::size_t buffer_bytes = 256UL * 1024;

error io_error(const char* doing, const std::filesystem::path& file, int code) {
  return {
    errc::io_error,
    "cannot " + std::string{doing} + " " + file.string() + ": " +
      std::generic_category().message(code)};
}

} // namespace

file_writer::file_writer(std::filesystem::path target)
    : target_(std::move(target)), temporary_(target_) {
  temporary_ += ".tmp";
}

file_writer::file_writer(file_writer&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::move(other.temporary_)),
      buffer_(std::move(other.buffer_)), bytes_(other.bytes_),
      fd_(std::exchange(other.fd_, -1)) {}

file_writer::~file_writer() {
  if (fd_ < 0)
    return;
  close(fd_);
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

result<file_writer> file_writer::create(std::filesystem::path target) {
  file_writer writer{std::move(target)};
  writer.fd_ = open(
    writer.temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (writer.fd_ < 0)
    return writer.failed("create");
  writer.buffer_.reserve(buffer_bytes);
  return writer;
}

result<void> file_writer::write(std::string_view text) {
  buffer_ += text;
  bytes_ += text.size();
  return buffer_.size() < buffer_bytes ? result<void>{} : flush();
}

result<void> file_writer::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const auto written = ::write(fd_, rest.data(), rest.size());
    if (written < 0 && errno != EINTR)
      return failed("write");
    if (written > 0)
      rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
  return {};
}

result<void> file_writer::commit() {
  if (auto flushed = flush(); !flushed)
    return flushed;
  if (fsync(fd_) != 0)
    return failed("fsync");
  if (rename(temporary_.c_str(), target_.c_str()) != 0)
    return failed("rename");
  // What close could still report, fsync has.
  close(std::exchange(fd_, -1));
  return {};
}

error file_writer::failed(const char* doing) const {
  return io_error(doing, temporary_, errno);
}

result<void> sync_directory(const std::filesystem::path& directory) {
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return io_error("open", directory, errno);
  const int code = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  return code == 0 ? result<void>{} : io_error("fsync", directory, code);
}

} // namespace ratchet::formats::detail
