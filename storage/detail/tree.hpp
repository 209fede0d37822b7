#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// A directory as an artifact: the manifest that lists what is in it. The
/// grammar is in docs/formats/artifacts.md.

namespace ratchet::storage::detail {

enum class tree_kind : char {
  file = 'f',
  executable = 'x',
  empty_directory = 'd', ///< Others follow from the paths of their files.
};

struct tree_entry {
  tree_kind kind = tree_kind::file;
  std::string digest; ///< Empty for a directory.
  std::uint64_t bytes = 0;
  std::string path; ///< Relative, with '/', without "." and "..".
};

/// What is in `directory`, by path; digests are left empty.
[[nodiscard]] result<std::vector<tree_entry>>
list_tree(const std::filesystem::path& directory);

[[nodiscard]] std::string encode_tree(const std::vector<tree_entry>& entries);

/// Errors: `corruption` with the line; also for a path that would lead out of
/// the directory, and for entries out of order.
[[nodiscard]] result<std::vector<tree_entry>>
decode_tree(std::string_view manifest);

} // namespace ratchet::storage::detail
