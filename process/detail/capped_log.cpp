#include "process/detail/capped_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ratchet::process::detail {

result<capped_log>
capped_log::create(const std::filesystem::path& path, std::uint64_t cap_bytes) {
  auto fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
  if (!fd.valid())
    return io_failure("create", path, errno);
  return capped_log{std::move(fd), cap_bytes};
}

void capped_log::append(std::string_view output) {
  if (output.empty())
    return;
  const auto room =
    static_cast<std::size_t>(std::min<std::uint64_t>(left_, output.size()));
  const bool reaches_cap = dropped_ == 0 && room < output.size();
  left_ -= room;
  const auto kept = write(output.substr(0, room)) ? room : 0;
  dropped_ += output.size() - kept;
  if (reaches_cap) {
    const std::string line_end = at_line_start_ ? "" : "\n";
    static_cast<void>(write(
      line_end + "ratchet: the log has reached its cap of " +
      std::to_string(cap_) + " bytes; what follows is dropped\n"));
  }
}

bool capped_log::write(std::string_view output) {
  // After a failure nothing more: a log that ends is better than one with
  // holes.
  if (!trouble_.empty())
    return false;
  if (output.empty())
    return true;
  at_line_start_ = output.back() == '\n';
  if (write_all(fd_.get(), output))
    return true;
  trouble_ = "the log is incomplete: " + describe_errno(errno);
  return false;
}

void capped_log::finish() {
  if (::fsync(fd_.get()) != 0 && trouble_.empty())
    trouble_ = "the log may be incomplete: " + describe_errno(errno);
}

} // namespace ratchet::process::detail
