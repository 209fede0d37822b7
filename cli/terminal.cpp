#include "cli/terminal.hpp"

#include <cerrno>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace ratchet::cli {

namespace {

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

std::string_view code_of(style s) {
  switch (s) {
  case style::plain:
    return "";
  case style::bold:
    return "\x1b[1m";
  case style::dim:
    return "\x1b[2m";
  case style::red:
    return "\x1b[31m";
  case style::green:
    return "\x1b[32m";
  case style::yellow:
    return "\x1b[33m";
  case style::blue:
    return "\x1b[34m";
  case style::cyan:
    return "\x1b[36m";
  }
  return "";
}

} // namespace

std::string palette::operator()(style s, std::string_view text) const {
  if (!enabled_ || s == style::plain || text.empty())
    return std::string{text};
  return std::string{code_of(s)}.append(text).append("\x1b[0m");
}

bool wants_color(color_choice choice, int fd) {
  switch (choice) {
  case color_choice::always:
    return true;
  case color_choice::never:
    return false;
  case color_choice::automatic:
    break;
  }
  if (is_set("NO_COLOR"))
    return false;
  if (const char* force = std::getenv("CLICOLOR_FORCE"))
    return std::string_view{force} != "0";
  const char* term = std::getenv("TERM");
  return is_terminal(fd) && term != nullptr && std::string_view{term} != "dumb";
}

bool is_terminal(int fd) {
  return isatty(fd) == 1;
}

screen_size size_of_screen(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return {};
  return {size.ws_col, size.ws_row};
}

alternate_screen::alternate_screen(int fd) : fd_(fd) {
  write_all(fd_, "\x1b[?1049h\x1b[?25l\x1b[2J");
}

alternate_screen::~alternate_screen() {
  write_all(fd_, goodbye);
}

void alternate_screen::draw(std::string_view frame) const {
  // Home, every line cleared to its end, and the rest of the screen at last.
  std::string out = "\x1b[H";
  std::size_t from = 0;
  while (true) {
    const auto end = frame.find('\n', from);
    out += frame.substr(from, end - from);
    out += "\x1b[K";
    if (end == std::string_view::npos)
      break;
    out += "\r\n";
    from = end + 1;
  }
  out += "\x1b[J";
  write_all(fd_, out);
}

bool write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const auto written = ::write(fd, data.data(), data.size());
    if (written < 0) {
      if (errno == EINTR)
        continue;
      return false;
    }
    data.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

} // namespace ratchet::cli
