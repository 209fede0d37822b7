#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ratchet::cli {

enum class color_choice : std::uint8_t { automatic, always, never };

enum class style : std::uint8_t {
  plain,
  bold,
  dim,
  red,
  green,
  yellow,
  blue,
  cyan,
};

/// Colors, or none: `paint(style::red, "failed")`.
class palette {
public:
  explicit palette(bool enabled) : enabled_(enabled) {}
  [[nodiscard]] std::string operator()(style s, std::string_view text) const;
  [[nodiscard]] bool enabled() const { return enabled_; }

private:
  bool enabled_;
};

/// Whether `fd` gets colors: the flag, then NO_COLOR and CLICOLOR_FORCE, then
/// whether it is a terminal that is not "dumb".
[[nodiscard]] bool wants_color(color_choice choice, int fd);

[[nodiscard]] bool is_terminal(int fd);

struct screen_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};
/// Of the terminal behind `fd`; 80 by 24 if it does not say.
[[nodiscard]] screen_size size_of_screen(int fd);

/// Takes the alternate screen while it lives and gives the old one back, with
/// its cursor, also when the process is told to end (see signals.hpp: the
/// handler only sets a flag, so that the stack unwinds).
class alternate_screen {
public:
  explicit alternate_screen(int fd);
  ~alternate_screen();
  alternate_screen(const alternate_screen&) = delete;
  alternate_screen& operator=(const alternate_screen&) = delete;

  /// What the destructor writes.
  static constexpr const char* goodbye = "\x1b[?25h\x1b[?1049l";

  /// Replaces what is shown in one write: no flicker, no leftovers. Lines are
  /// separated by '\n' and must fit.
  void draw(std::string_view frame) const;

private:
  int fd_;
};

/// Writes everything, going on after a partial write. False if it cannot.
bool write_all(int fd, std::string_view data);

} // namespace ratchet::cli
