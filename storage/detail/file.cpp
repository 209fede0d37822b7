#include "storage/detail/file.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

namespace ratchet::storage::detail {

namespace {

constexpr std::size_t buffer_size = 256UL * 1024;
constexpr std::size_t write_behind_step = 256UL * 1024;

} // namespace

error file_error(std::string_view doing, const std::filesystem::path& file) {
  const int cause = errno;
  const auto code = cause == ENOENT ? errc::not_found
    : cause == EEXIST               ? errc::already_exists
                                    : errc::io_error;
  return {
    code,
    "cannot " + std::string{doing} + " " + file.string() + ": " +
      std::generic_category().message(cause)};
}

result<file> file::open(const std::filesystem::path& path) {
  // Without O_NONBLOCK, opening a fifo would wait for a writer for ever.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return file_error("open", path);
  return file{path, fd};
}

result<file> file::create(const std::filesystem::path& path, unsigned mode) {
  const int fd =
    ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0)
    return file_error("create", path);
  return file{path, fd};
}

file::~file() {
  if (fd_ >= 0)
    ::close(fd_);
}

result<std::size_t> file::read(char* to, std::size_t size) {
  for (;;) {
    const auto got = ::read(fd_, to, size);
    if (got >= 0)
      return static_cast<std::size_t>(got);
    if (errno != EINTR)
      return file_error("read", path_);
  }
}

result<void>
file::read_at(std::uint64_t offset, char* to, std::size_t size) const {
  while (size > 0) {
    const auto got = ::pread(fd_, to, size, static_cast<off_t>(offset));
    if (got < 0) {
      if (errno == EINTR)
        continue;
      return file_error("read", path_);
    }
    if (got == 0)
      return error{
        errc::corruption,
        path_.string() + " ends at byte " + std::to_string(offset) +
          ", within what it holds"};
    to += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return {};
}

result<void> file::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0) {
      if (errno == EINTR)
        continue;
      return file_error("write", path_);
    }
    bytes.remove_prefix(static_cast<std::size_t>(put));
    written_ += static_cast<std::uint64_t>(put);
  }
  if (written_ - started_ >= write_behind_step)
    return write_behind();
  return {};
}

result<void> file::write_behind() {
  const auto at = static_cast<off_t>(started_);
  const auto more = static_cast<off_t>(written_ - started_);
  started_ = written_;
  // The kernel tells a failed write once per open file: told here, the fsync
  // at the end would not say it again.
  const bool asked =
    (at == 0 ||
     ::sync_file_range(fd_, 0, at, SYNC_FILE_RANGE_WAIT_BEFORE) == 0) &&
    ::sync_file_range(fd_, at, more, SYNC_FILE_RANGE_WRITE) == 0;
  // Some file systems have no such call; `sync` then does all of it.
  if (!asked && errno != ENOSYS && errno != EINVAL && errno != ESPIPE)
    return file_error("write", path_);
  return {};
}

result<void> file::sync() {
  if (::fsync(fd_) != 0)
    return file_error("fsync", path_);
  return {};
}

result<void> file::close() {
  // On Linux the descriptor is gone even when close fails.
  if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR)
    return file_error("close", path_);
  return {};
}

result<void> sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return file_error("open directory", directory);
  result<void> done;
  if (::fsync(fd) != 0)
    done = file_error("fsync directory", directory);
  ::close(fd);
  return done;
}

void sha256::free_context::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

sha256::sha256() : context_(EVP_MD_CTX_new()) {
  RATCHET_ASSERT(context_ != nullptr);
  RATCHET_ASSERT(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void sha256::add(std::string_view bytes) {
  RATCHET_ASSERT(
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string sha256::finish() {
  std::array<unsigned char, 32> raw{};
  unsigned size = 0;
  RATCHET_ASSERT(EVP_DigestFinal_ex(context_.get(), raw.data(), &size) == 1);
  RATCHET_ASSERT(size == raw.size());
  return to_hex(
    std::string_view{reinterpret_cast<const char*>(raw.data()), raw.size()});
}

result<void> read_all(
  const std::filesystem::path& from,
  const std::function<result<void>(std::string_view)>& sink) {
  auto in = file::open(from);
  if (!in)
    return in.err();
  const auto buffer = std::make_unique<char[]>(buffer_size);
  for (;;) {
    const auto got = in->read(buffer.get(), buffer_size);
    if (!got)
      return got.err();
    if (*got == 0)
      return {};
    if (auto taken = sink({buffer.get(), *got}); !taken)
      return taken;
  }
}

} // namespace ratchet::storage::detail
