#include "cli/log_output.hpp"

#include "base/clock.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "formats/json_writer.hpp"

#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <cstdio>
#include <mutex>

namespace ratchet::cli {

namespace {

using fields_view = std::initializer_list<log_field>;

/// spdlog's message has no room for fields; the formatter runs on the thread
/// that called `write`, inside of that call.
thread_local const fields_view* current_fields = nullptr;

std::string_view name_of(spdlog::level::level_enum level) {
  switch (level) {
  case spdlog::level::trace:
  case spdlog::level::debug:
    return "debug";
  case spdlog::level::info:
    return "info";
  case spdlog::level::warn:
    return "warning";
  case spdlog::level::err:
  case spdlog::level::critical:
  case spdlog::level::off:
  case spdlog::level::n_levels:
    break;
  }
  return "error";
}

spdlog::level::level_enum spdlog_level(log_level level) {
  switch (level) {
  case log_level::debug:
    return spdlog::level::debug;
  case log_level::info:
    return spdlog::level::info;
  case log_level::warning:
    return spdlog::level::warn;
  case log_level::error:
    return spdlog::level::err;
  }
  return spdlog::level::err;
}

class json_formatter final : public spdlog::formatter {
public:
  void format(
    const spdlog::details::log_msg& message,
    spdlog::memory_buf_t& dest) override {
    std::string line;
    formats::json_writer writer{line};
    writer.begin_object()
      .field(
        "ts", to_iso8601(std::chrono::time_point_cast<duration>(message.time)))
      .field("level", name_of(message.level))
      .field(
        "msg",
        std::string_view{message.payload.data(), message.payload.size()});
    if (current_fields != nullptr)
      for (const auto& field : *current_fields) {
        const auto taken =
          field.name == "ts" || field.name == "level" || field.name == "msg";
        writer.field((taken ? "_" : "") + std::string{field.name}, field.value);
      }
    writer.end_object();
    line += '\n';
    dest.append(line.data(), line.data() + line.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_formatter>();
  }
};

class text_formatter final : public spdlog::formatter {
public:
  explicit text_formatter(bool color) : paint_(color) {}

  void format(
    const spdlog::details::log_msg& message,
    spdlog::memory_buf_t& dest) override {
    const auto at =
      to_iso8601(std::chrono::time_point_cast<duration>(message.time));
    // Hours to milliseconds, in UTC like everything else.
    auto line = paint_(style::dim, at.substr(11, 12)) + " ";
    const auto name = pad_right(name_of(message.level), 8);
    line += message.level >= spdlog::level::err ? paint_(style::red, name)
      : message.level == spdlog::level::warn    ? paint_(style::yellow, name)
                                                : name;
    line += printable({message.payload.data(), message.payload.size()});
    if (current_fields != nullptr)
      for (const auto& field : *current_fields)
        line += "  " + paint_(style::dim, printable(field.name) + "=") +
          printable(field.value);
    line += '\n';
    dest.append(line.data(), line.data() + line.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<text_formatter>(paint_.enabled());
  }

private:
  palette paint_;
};

class string_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit string_sink(std::string& out) : out_(out) {}

private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    out_.append(line.data(), line.size());
  }
  void flush_() override {}

  std::string& out_;
};

std::unique_ptr<spdlog::formatter>
make_formatter(log_format format, bool color) {
  if (format == log_format::json)
    return std::make_unique<json_formatter>();
  return std::make_unique<text_formatter>(color);
}

} // namespace

struct log_output::implementation {
  spdlog::logger logger;

  implementation(
    spdlog::sink_ptr sink, log_format format, log_level least, bool color)
      : logger("ratchet", std::move(sink)) {
    logger.set_formatter(make_formatter(format, color));
    logger.set_level(spdlog_level(least));
    logger.flush_on(spdlog::level::trace);
  }
};

log_output::log_output(log_format format, log_level least, bool color)
    : implementation_(std::make_unique<implementation>(
        std::make_shared<spdlog::sinks::stderr_sink_mt>(), format, least,
        color)) {}

log_output::log_output(log_format format, log_level least, std::string& out)
    : implementation_(std::make_unique<implementation>(
        std::make_shared<string_sink>(out), format, least, false)) {}

log_output::~log_output() = default;

void log_output::write(
  log_level level, std::string_view message, fields_view fields) {
  current_fields = &fields;
  implementation_->logger.log(
    spdlog_level(level), spdlog::string_view_t{message.data(), message.size()});
  current_fields = nullptr;
}

std::optional<log_level> parse_log_level(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, log_level>, 4> names{
    {{"debug", log_level::debug},
     {"info", log_level::info},
     {"warning", log_level::warning},
     {"error", log_level::error}}};
  for (const auto& [known, level] : names)
    if (known == name)
      return level;
  return std::nullopt;
}

} // namespace ratchet::cli
