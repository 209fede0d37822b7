#include "process/log_tail.hpp"

#include "process/detail/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <string_view>

namespace ratchet::process {

namespace {

/// Up to `max_bytes` at `offset`; less only at the end of the file.
result<std::string> read_at(
  const std::filesystem::path& log, std::uint64_t offset,
  std::size_t max_bytes) {
  // No file is that long, and pread would take it for a negative number.
  if (offset > std::uint64_t{std::numeric_limits<off_t>::max()} - max_bytes)
    return std::string{};
  const auto fd = detail::open_file(log, O_RDONLY);
  if (!fd.valid()) {
    if (errno == ENOENT)
      return std::string{};
    return detail::io_failure("open", log, errno);
  }
  std::string text(max_bytes, '\0');
  std::size_t filled = 0;
  while (filled < max_bytes) {
    const auto size = ::pread(
      fd.get(), text.data() + filled, max_bytes - filled,
      static_cast<off_t>(offset + filled));
    if (size < 0 && errno == EINTR)
      continue;
    if (size < 0)
      return detail::io_failure("read", log, errno);
    if (size == 0)
      break;
    filled += static_cast<std::size_t>(size);
  }
  text.resize(filled);
  return text;
}

} // namespace

result<log_lines> read_log(
  const std::filesystem::path& log, std::uint64_t offset, bool ended,
  std::size_t max_bytes) {
  RATCHET_ASSERT(max_bytes > 0);
  const auto text = read_at(log, offset, max_bytes);
  if (!text)
    return text.err();
  std::string_view rest{*text};
  log_lines out;
  for (auto end = rest.find('\n'); end != std::string_view::npos;
       end = rest.find('\n')) {
    auto line = rest.substr(0, end);
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    out.lines.emplace_back(line);
    rest.remove_prefix(end + 1);
  }
  const bool is_oversize = out.lines.empty() && rest.size() == max_bytes;
  const bool is_last = ended && text->size() < max_bytes;
  if (!rest.empty() && (is_oversize || is_last)) {
    out.lines.emplace_back(rest);
    rest = {};
  }
  out.next_offset = offset + text->size() - rest.size();
  return out;
}

} // namespace ratchet::process
