#include "process/detail/attempt_files.hpp"

#include "base/bytes.hpp"
#include "process/detail/file.hpp"

#include <charconv>
#include <concepts>
#include <utility>

namespace ratchet::process::detail {

namespace {

constexpr std::string_view version = "1";

/// Gathers fields and closes the file with its checksum.
class encoder {
public:
  explicit encoder(std::string_view kind) {
    text_.append("ratchet-").append(kind).append(" ").append(version);
    text_ += '\n';
  }

  encoder& add(std::string_view key, std::string_view value) {
    text_.append(key).append(" ").append(std::to_string(value.size()));
    text_.append(":").append(value);
    text_ += '\n';
    return *this;
  }
  encoder& add(std::string_view key, std::integral auto value) {
    return add(key, std::string_view{std::to_string(value)});
  }

  [[nodiscard]] std::string finish() {
    std::string raw;
    put_be32(raw, crc32c(text_));
    text_.append("crc ").append(to_hex(std::string_view{raw})).append("\n");
    return std::move(text_);
  }

private:
  std::string text_;
};

using fields = std::vector<std::pair<std::string_view, std::string_view>>;

error corrupt(std::string why) {
  return error{errc::corruption, std::move(why)};
}

template <std::integral Integer>
bool parse(std::string_view text, Integer& value) {
  const auto* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  return failure == std::errc{} && stop == end && !text.empty();
}

/// Cuts `text` up to `end` off its front; false if `end` does not come.
bool take_until(std::string_view& text, char end, std::string_view& out) {
  const auto at = text.find(end);
  if (at == std::string_view::npos)
    return false;
  out = text.substr(0, at);
  text.remove_prefix(at + 1);
  return true;
}

result<fields> decode(std::string_view kind, std::string_view text) {
  const auto whole = text;
  const auto first =
    "ratchet-" + std::string{kind} + " " + std::string{version};
  std::string_view line;
  if (!take_until(text, '\n', line) || line != first)
    return corrupt("its first line is not `" + first + "`");
  fields found;
  for (;;) {
    const auto offset = whole.size() - text.size();
    std::string_view key;
    std::string_view digits;
    if (!take_until(text, ' ', key))
      return corrupt("it ends at byte " + std::to_string(offset));
    if (key == "crc") {
      std::string expected;
      put_be32(expected, crc32c(whole.substr(0, offset)));
      if (text != to_hex(std::string_view{expected}) + "\n")
        return corrupt("its checksum does not match");
      return found;
    }
    std::size_t size = 0;
    if (
      !take_until(text, ':', digits) || !parse(digits, size) ||
      size >= text.size() || text[size] != '\n')
      return corrupt(
        "the field at byte " + std::to_string(offset) + " is torn");
    found.emplace_back(key, text.substr(0, size));
    text.remove_prefix(size + 1);
  }
}

/// The last field of this name, read as a number or text into `out`.
template <class Value>
bool get(const fields& all, std::string_view key, Value& out) {
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    if (at->first != key)
      continue;
    if constexpr (std::integral<Value>) {
      return parse(at->second, out);
    } else {
      out = std::string{at->second};
      return true;
    }
  }
  return false;
}

bool get(const fields& all, std::string_view key, time_point& out) {
  std::int64_t ms = 0;
  if (!get(all, key, ms))
    return false;
  out = from_ms(ms);
  return true;
}

std::string_view state_name(attempt_state state) {
  switch (state) {
  case attempt_state::exited:
    return "exited";
  case attempt_state::start_failed:
    return "start_failed";
  case attempt_state::lost:
    return "lost";
  case attempt_state::not_started:
  case attempt_state::running:
    break;
  }
  RATCHET_ASSERT(!"only an end has a marker");
  return {};
}

std::optional<attempt_state> state_from(std::string_view name) {
  for (const auto state :
       {attempt_state::exited, attempt_state::start_failed,
        attempt_state::lost})
    if (state_name(state) == name)
      return state;
  return std::nullopt;
}

template <class Decode>
auto read_with(
  const std::filesystem::path& dir, std::string_view name, Decode decode)
  -> result<std::optional<typename decltype(decode({}))::value_type>> {
  using value_type = typename decltype(decode({}))::value_type;
  auto text = read_file(dir / name);
  if (!text)
    return text.err();
  if (!*text)
    return std::optional<value_type>{};
  auto value = decode(std::string_view{**text});
  if (!value)
    return error{
      value.err().code, (dir / name).string() + ": " + value.err().message};
  return std::optional{std::move(*value)};
}

} // namespace

std::string encode(const resolved_command& command) {
  encoder out{spec_name};
  for (const auto& arg : command.argv)
    out.add("arg", arg);
  for (const auto& [name, value] : command.env)
    out.add("env", std::string{name}.append("=").append(value));
  out.add("directory", command.directory.native());
  out.add("log_cap_bytes", command.log_cap_bytes);
  return out.add("linger_ms", command.linger.count()).finish();
}

std::string encode(const pid_record& record) {
  return encoder{pid_name}
    .add("pid", record.identity.pid)
    .add("session", record.identity.session)
    .add("start_ticks", record.identity.start_ticks)
    .add("boot_id", record.identity.boot_id)
    .add("started_ms", to_ms(record.started))
    .finish();
}

std::string encode(const attempt_status& status) {
  return encoder{exit_name}
    .add("state", state_name(status.state))
    .add("exit_code", status.exit_code)
    .add("signal", status.signal)
    .add("message", status.message)
    .add("started_ms", to_ms(status.started))
    .add("ended_ms", to_ms(status.ended))
    .add("log_dropped_bytes", status.log_dropped_bytes)
    .finish();
}

result<resolved_command> decode_command(std::string_view text) {
  const auto all = decode(spec_name, text);
  if (!all)
    return all.err();
  resolved_command command;
  for (const auto& [key, value] : *all) {
    if (key == "arg")
      command.argv.emplace_back(value);
    if (key == "env") {
      const auto at = value.find('=');
      if (at == std::string_view::npos)
        return corrupt("a variable has no value");
      command.env.emplace(value.substr(0, at), value.substr(at + 1));
    }
  }
  std::string directory;
  std::int64_t linger_ms = 0;
  if (
    command.argv.empty() || !get(*all, "directory", directory) ||
    !get(*all, "log_cap_bytes", command.log_cap_bytes) ||
    !get(*all, "linger_ms", linger_ms))
    return corrupt("a field is missing or no number");
  command.directory = std::move(directory);
  command.linger = duration{linger_ms};
  return command;
}

result<pid_record> decode_pid(std::string_view text) {
  const auto all = decode(pid_name, text);
  if (!all)
    return all.err();
  pid_record record;
  if (
    !get(*all, "pid", record.identity.pid) ||
    !get(*all, "session", record.identity.session) ||
    !get(*all, "start_ticks", record.identity.start_ticks) ||
    !get(*all, "boot_id", record.identity.boot_id) ||
    !get(*all, "started_ms", record.started))
    return corrupt("a field is missing or no number");
  // 0, 1 and negative numbers mean something else to kill(2).
  if (record.identity.pid <= 1)
    return corrupt("the pid is no command's");
  return record;
}

result<attempt_status> decode_status(std::string_view text) {
  const auto all = decode(exit_name, text);
  if (!all)
    return all.err();
  attempt_status status;
  std::string name;
  if (
    !get(*all, "state", name) || !get(*all, "exit_code", status.exit_code) ||
    !get(*all, "signal", status.signal) ||
    !get(*all, "message", status.message) ||
    !get(*all, "started_ms", status.started) ||
    !get(*all, "ended_ms", status.ended) ||
    !get(*all, "log_dropped_bytes", status.log_dropped_bytes))
    return corrupt("a field is missing or no number");
  const auto state = state_from(name);
  if (!state)
    return corrupt("the state \"" + name + "\" is unknown");
  status.state = *state;
  return status;
}

result<std::optional<resolved_command>>
read_command(const std::filesystem::path& dir) {
  return read_with(dir, spec_name, decode_command);
}
result<std::optional<pid_record>> read_pid(const std::filesystem::path& dir) {
  return read_with(dir, pid_name, decode_pid);
}
result<std::optional<attempt_status>>
read_status(const std::filesystem::path& dir) {
  return read_with(dir, exit_name, decode_status);
}

} // namespace ratchet::process::detail
