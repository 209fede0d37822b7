#include "cli/config.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace ratchet::cli {

namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r";
  const auto from = text.find_first_not_of(blank);
  if (from == std::string_view::npos)
    return {};
  return text.substr(from, text.find_last_not_of(blank) - from + 1);
}

/// Reads one value at the start of `text`; the rest may be a comment.
/// Nothing if it is not a value.
std::optional<std::string> read_value(std::string_view text) {
  std::string value;
  std::string_view rest;
  if (text.starts_with('"')) {
    std::size_t i = 1;
    for (; i < text.size() && text[i] != '"'; ++i) {
      if (text[i] != '\\') {
        value += text[i];
        continue;
      }
      if (++i >= text.size())
        return std::nullopt;
      switch (text[i]) {
      case 'n':
        value += '\n';
        break;
      case 't':
        value += '\t';
        break;
      case '"':
      case '\\':
        value += text[i];
        break;
      default:
        return std::nullopt;
      }
    }
    if (i >= text.size())
      return std::nullopt;
    rest = text.substr(i + 1);
  } else if (text.starts_with('\'')) {
    const auto end = text.find('\'', 1);
    if (end == std::string_view::npos)
      return std::nullopt;
    value = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const auto end = std::min(text.find_first_of(" \t\r#"), text.size());
    value = text.substr(0, end);
    rest = text.substr(end);
    const auto number = !value.empty() &&
      std::all_of(value.begin(), value.end(), [](unsigned char c) {
        return std::isdigit(c) != 0;
      });
    if (!number && value != "true" && value != "false")
      return std::nullopt;
  }
  rest = trim(rest);
  if (!rest.empty() && !rest.starts_with('#'))
    return std::nullopt;
  return value;
}

std::string names_in_a_row() {
  std::string out;
  for (const auto name : setting_names())
    out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

std::string variable_of(std::string_view name) {
  std::string out = "RATCHET_";
  for (const char c : name)
    out += c == '-'
      ? '_'
      : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

/// What the file adds to `into`, where nothing is said yet.
result<void>
add_file(settings& into, const std::filesystem::path& path, bool must_exist) {
  std::error_code missing;
  if (!std::filesystem::exists(path, missing)) {
    if (must_exist)
      return error{
        errc::not_found,
        "configuration file " + path.string() +
          " does not exist; correct --config or RATCHET_CONFIG"};
    return {};
  }
  std::ifstream file{path};
  std::stringstream text;
  text << file.rdbuf();
  if (!file)
    return error{
      errc::io_error, "cannot read configuration file " + path.string()};
  auto read = read_settings(text.str(), path.string());
  if (!read)
    return read.err();
  into.merge(*read);
  return {};
}

} // namespace

const std::vector<std::string_view>& setting_names() {
  static const std::vector<std::string_view> names{
    "url",  "output", "color",   "log-level", "log-format", "token-file",
    "data", "listen", "threads", "slots",     "limits"};
  return names;
}

result<settings>
read_settings(std::string_view text, const std::string& file_name) {
  settings out;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.starts_with('#'))
      continue;
    const auto where = file_name + ":" + std::to_string(number);
    const auto equals = line.find('=');
    const auto value = equals == std::string_view::npos
      ? std::nullopt
      : read_value(trim(line.substr(equals + 1)));
    if (!value)
      return error{
        errc::invalid_argument,
        where + ": expected a line such as url = \"http://127.0.0.1:4600\""};
    const std::string name{trim(line.substr(0, equals))};
    const auto& known = setting_names();
    if (std::find(known.begin(), known.end(), name) == known.end())
      return error{
        errc::invalid_argument,
        where + ": unknown setting \"" + name + "\"; there are " +
          names_in_a_row()};
    if (!out.emplace(name, setting{*value, where}).second)
      return error{
        errc::invalid_argument, where + ": \"" + name + "\" is set twice"};
  }
  return out;
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0')
    return std::nullopt;
  return value;
}

result<settings> gather_settings(
  const get_environment& env, const std::optional<std::string>& config_file) {
  settings out;
  for (const auto name : setting_names()) {
    const auto variable = variable_of(name);
    if (auto value = env(variable))
      out.emplace(name, setting{*value, variable});
  }
  auto only = config_file ? config_file : env("RATCHET_CONFIG");
  if (only) {
    if (auto added = add_file(out, *only, true); !added)
      return added.err();
    return out;
  }
  if (auto added = add_file(out, "ratchet.toml", false); !added)
    return added.err();
  std::filesystem::path home;
  if (auto xdg = env("XDG_CONFIG_HOME"))
    home = *xdg;
  else if (auto user = env("HOME"))
    home = std::filesystem::path{*user} / ".config";
  if (!home.empty()) {
    const auto path = home / "ratchet" / "config.toml";
    if (auto added = add_file(out, path, false); !added)
      return added.err();
  }
  return out;
}

} // namespace ratchet::cli
