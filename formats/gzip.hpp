#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace ratchet::formats {

/// Unpacks gzip data: one member or several behind each other, as `cat a.gz
/// b.gz` makes them.
///
/// Shape:  at most `max_bytes` of output; a few kilobytes can unpack to
///         gigabytes, so the bound is checked while unpacking, and memory
///         never goes far beyond it.
/// Errors: `resource_limit` beyond `max_bytes`; `invalid_argument` if the data
///         is empty, cut short, damaged (its checksum is verified), or goes on
///         with something that is not gzip.
[[nodiscard]] result<std::string>
gunzip(std::string_view data, std::size_t max_bytes);

/// Packs `data` as one member. Level 1 is fastest, 9 is smallest.
[[nodiscard]] std::string gzip(std::string_view data, int level = 6);

} // namespace ratchet::formats
