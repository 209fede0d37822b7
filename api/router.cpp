#include "api/router.hpp"

#include <array>
#include <charconv>

namespace ratchet::api {
namespace {

/// The next segment of a path that starts with '/'; advances behind it.
std::string_view next_segment(std::string_view& path) {
  const auto end = path.find('/', 1);
  const auto segment = path.substr(1, end == path.npos ? end : end - 1);
  path = end == path.npos ? std::string_view{} : path.substr(end);
  return segment;
}

/// True if the path has the pattern's form; `raw` gets variable segments.
bool matches(
  std::string_view pattern, std::string_view path,
  std::array<std::string_view, path_parameters::max>& raw, std::size_t& count) {
  count = 0;
  while (!pattern.empty() && !path.empty()) {
    const auto wanted = next_segment(pattern);
    const auto given = next_segment(path);
    if (given.empty() && !wanted.empty())
      return false;
    if (!wanted.empty() && wanted.front() == '{')
      raw[count++] = given;
    else if (wanted != given)
      return false;
  }
  return pattern.empty() && path.empty();
}

bool has_control_character(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return true;
  }
  return false;
}

result<void> decode(
  const std::array<std::string_view, path_parameters::max>& raw,
  std::size_t count, path_parameters& out) {
  out.count = count;
  for (std::size_t i = 0; i < count; ++i) {
    if (raw[i].find('%') == std::string_view::npos) {
      out.values[i].assign(raw[i]);
      continue;
    }
    auto decoded = percent_decode(raw[i]);
    if (!decoded || has_control_character(*decoded))
      return error{
        errc::invalid_argument,
        "the path has an escape that is malformed or "
        "stands for a control character"};
    out.values[i] = std::move(*decoded);
  }
  return {};
}

int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

} // namespace

result<route_match> find_route(
  std::span<const route> table, http_method method, std::string_view path,
  path_parameters& parameters) {
  const auto wanted = method == http_method::head ? http_method::get : method;
  route_match found;
  std::array<std::string_view, path_parameters::max> raw;
  std::size_t count = 0;
  for (const auto& each : table) {
    if (!matches(each.pattern, path, raw, count))
      continue;
    if (each.method == wanted) {
      if (auto decoded = decode(raw, count, parameters); !decoded)
        return decoded.err();
      found.route = &each;
      return found;
    }
    if (!found.allow.empty())
      found.allow += ", ";
    found.allow += to_string(each.method);
    if (each.method == http_method::get)
      found.allow += ", HEAD";
  }
  if (found.allow.empty())
    return error{
      errc::not_found,
      "there is nothing at this path; docs/http.md lists "
      "what is served"};
  return found;
}

std::optional<std::string>
percent_decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[i] == '%') {
      if (i + 2 >= text.size())
        return std::nullopt;
      const auto high = hex_value(text[i + 1]);
      const auto low = hex_value(text[i + 2]);
      if (high < 0 || low < 0)
        return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'A' && byte <= 'Z') ||
      (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
      c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += digits[byte / 16];
      out += digits[byte % 16];
    }
  }
  return out;
}

query_reader::query_reader(std::string_view query) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query = end == query.npos ? std::string_view{} : query.substr(end + 1);
    if (pair.empty())
      continue;
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(
      equals == pair.npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!name || !value) {
      fail("the query has a malformed escape");
      return;
    }
    if (find(*name) != nullptr)
      fail("parameter \"" + *name + "\" is given twice");
    parameters_.push_back({std::move(*name), std::move(*value), false});
  }
}

query_reader::parameter* query_reader::find(std::string_view name) {
  for (auto& each : parameters_) {
    if (each.name == name)
      return &each;
  }
  return nullptr;
}

bool query_reader::has(std::string_view name) const {
  for (const auto& each : parameters_) {
    if (each.name == name)
      return true;
  }
  return false;
}

void query_reader::fail(std::string message) {
  if (mistake_.empty())
    mistake_ = std::move(message);
}

std::string query_reader::text(std::string_view name) {
  known_ += known_.empty() ? "" : ", ";
  known_ += name;
  auto* found = find(name);
  if (found == nullptr)
    return {};
  found->used = true;
  return found->value;
}

std::uint64_t query_reader::number(
  std::string_view name, std::uint64_t fallback, std::uint64_t max) {
  const bool given = has(name);
  const auto value = text(name);
  if (!given)
    return fallback;
  std::uint64_t out = 0;
  const auto* end = value.data() + value.size();
  const auto [stop, ec] = std::from_chars(value.data(), end, out);
  if (ec != std::errc{} || stop != end || out > max) {
    fail(
      "parameter \"" + std::string{name} +
      "\" must be a whole number from 0 "
      "to " +
      std::to_string(max));
    return fallback;
  }
  return out;
}

result<void> query_reader::finish() {
  for (const auto& each : parameters_) {
    if (!each.used)
      fail(
        "there is no parameter \"" + each.name + "\" here" +
        (known_.empty() ? "" : "; there are " + known_));
  }
  if (mistake_.empty())
    return {};
  return error{errc::invalid_argument, mistake_};
}

} // namespace ratchet::api
