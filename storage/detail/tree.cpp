#include "storage/detail/tree.hpp"

#include "storage/artifacts.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace ratchet::storage::detail {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view first_line = "ratchet-directory 1";

/// A path may hold any byte but the line's end; '%' marks the escaped ones.
std::string escape(std::string_view path) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F && c != '%') {
      out += c;
      continue;
    }
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.front() != '%') {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    unsigned byte = 0;
    if (text.size() < 3)
      return std::nullopt;
    const auto [end, bad] =
      std::from_chars(text.data() + 1, text.data() + 3, byte, 16);
    if (bad != std::errc{} || end != text.data() + 3)
      return std::nullopt;
    out += static_cast<char>(byte);
    text.remove_prefix(3);
  }
  return out;
}

bool stays_inside(std::string_view path) {
  if (path.find('\0') != std::string_view::npos)
    return false;
  for (;;) {
    const auto slash = path.find('/');
    const auto part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..")
      return false;
    if (slash == std::string_view::npos)
      return true;
    path.remove_prefix(slash + 1);
  }
}

std::string_view take_word(std::string_view& line) {
  const auto blank = line.find(' ');
  const auto word = line.substr(0, blank);
  line.remove_prefix(blank == std::string_view::npos ? line.size() : blank + 1);
  return word;
}

std::optional<tree_entry> decode_line(std::string_view line) {
  const auto kind = take_word(line);
  const auto digest = take_word(line);
  const auto bytes = take_word(line);
  auto path = unescape(line);
  if (kind.size() != 1 || !path || !stays_inside(*path))
    return std::nullopt;
  tree_entry entry{static_cast<tree_kind>(kind.front()), "", 0, *path};
  const auto [end, bad] =
    std::from_chars(bytes.data(), bytes.data() + bytes.size(), entry.bytes);
  if (bad != std::errc{} || end != bytes.data() + bytes.size())
    return std::nullopt;
  switch (entry.kind) {
  case tree_kind::file:
  case tree_kind::executable:
    if (!is_digest(digest))
      return std::nullopt;
    entry.digest = digest;
    return entry;
  case tree_kind::empty_directory:
    if (digest != "-" || entry.bytes != 0)
      return std::nullopt;
    return entry;
  }
  return std::nullopt;
}

result<std::optional<tree_entry>>
describe(const fs::directory_entry& found, const fs::path& directory) {
  std::error_code failed;
  auto path = found.path().lexically_relative(directory).generic_string();
  if (found.is_directory(failed) && !found.is_symlink(failed)) {
    const bool empty = fs::is_empty(found.path(), failed);
    if (failed)
      return error{
        errc::io_error,
        "cannot read directory " + found.path().string() + ": " +
          failed.message()};
    if (!empty)
      return std::optional<tree_entry>{};
    return std::optional<tree_entry>{
      {tree_kind::empty_directory, "", 0, std::move(path)}};
  }
  const auto status = found.status(failed); // Of what a link leads to.
  if (!fs::is_regular_file(status))
    return error{
      errc::invalid_argument,
      found.path().string() +
        " is neither a file nor a directory (nor a link to a file); remove it "
        "from the output"};
  const bool executable =
    (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
  return std::optional<tree_entry>{
    {executable ? tree_kind::executable : tree_kind::file, "", 0,
     std::move(path)}};
}

} // namespace

result<std::vector<tree_entry>> list_tree(const fs::path& directory) {
  std::vector<tree_entry> entries;
  std::error_code failed;
  fs::recursive_directory_iterator at{directory, failed};
  while (!failed && at != fs::recursive_directory_iterator{}) {
    auto entry = describe(*at, directory);
    if (!entry)
      return entry.err();
    if (*entry)
      entries.push_back(std::move(**entry));
    at.increment(failed);
  }
  if (failed)
    return error{
      failed == std::errc::no_such_file_or_directory ? errc::not_found
                                                     : errc::io_error,
      "cannot read directory " + directory.string() + ": " + failed.message()};
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return a.path < b.path;
  });
  return entries;
}

std::string encode_tree(const std::vector<tree_entry>& entries) {
  std::string out{first_line};
  out += '\n';
  for (const auto& entry : entries) {
    out += static_cast<char>(entry.kind);
    out += ' ';
    out += entry.digest.empty() ? "-" : entry.digest;
    out += ' ' + std::to_string(entry.bytes) + ' ' + escape(entry.path) + '\n';
  }
  return out;
}

result<std::vector<tree_entry>> decode_tree(std::string_view manifest) {
  std::vector<tree_entry> entries;
  for (std::size_t number = 1; !manifest.empty(); ++number) {
    const auto end = manifest.find('\n');
    const auto line = manifest.substr(0, end);
    const auto wrong = [&](const char* what) {
      return error{
        errc::corruption,
        "directory manifest: line " + std::to_string(number) + " " + what};
    };
    if (end == std::string_view::npos)
      return wrong("has no end");
    manifest.remove_prefix(end + 1);
    if (number == 1) {
      if (line != first_line)
        return wrong("is not \"ratchet-directory 1\"");
      continue;
    }
    auto entry = decode_line(line);
    if (!entry)
      return wrong("is malformed");
    if (!entries.empty() && entries.back().path >= entry->path)
      return wrong("is out of order");
    entries.push_back(std::move(*entry));
    if (manifest.empty())
      return entries;
  }
  return entries;
}

} // namespace ratchet::storage::detail
