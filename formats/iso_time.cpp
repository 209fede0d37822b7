#include "formats/iso_time.hpp"

#include <chrono>
#include <cstddef>

namespace ratchet::formats {

namespace {

/// Reads from the front; once something did not fit, nothing does any more.
class scanner {
public:
  explicit scanner(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') {
        ok_ = false;
        return 0;
      }
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  /// Takes one of `choices` if it is next.
  char take(std::string_view choices) {
    if (rest_.empty() || choices.find(rest_[0]) == std::string_view::npos)
      return '\0';
    const char taken = rest_[0];
    rest_.remove_prefix(1);
    return taken;
  }
  char need(std::string_view choices) {
    const char taken = take(choices);
    ok_ = ok_ && taken != '\0';
    return taken;
  }
  /// Digits behind the point, as milliseconds.
  int fraction() {
    int ms = digits(1) * 100;
    for (int weight = 10; !rest_.empty(); weight /= 10) {
      if (rest_[0] < '0' || rest_[0] > '9')
        break;
      ms += digits(1) * weight;
    }
    return ms;
  }
  void require(bool condition) { ok_ = ok_ && condition; }

  [[nodiscard]] bool ok_at_end() const { return ok_ && rest_.empty(); }

private:
  std::string_view rest_;
  bool ok_ = true;
};

} // namespace

std::optional<time_point> parse_iso8601(std::string_view text) {
  scanner in{text};
  const std::chrono::year year{in.digits(4)};
  in.need("-");
  const std::chrono::month month{static_cast<unsigned>(in.digits(2))};
  in.need("-");
  const std::chrono::day day{static_cast<unsigned>(in.digits(2))};
  in.need("Tt ");
  const int hour = in.digits(2);
  in.need(":");
  const int minute = in.digits(2);
  in.need(":");
  const int second = in.digits(2);
  const int ms = in.take(".,") != '\0' ? in.fraction() : 0;
  const char zone = in.need("Zz+-");
  int offset = 0;
  if (zone == '+' || zone == '-') {
    const int hours = in.digits(2);
    in.take(":");
    const int minutes = in.digits(2);
    in.require(hours < 24 && minutes < 60);
    offset = (hours * 60 + minutes) * (zone == '+' ? 1 : -1);
  }
  const std::chrono::year_month_day date{year, month, day};
  in.require(date.ok() && hour < 24 && minute < 60 && second <= 60);
  if (!in.ok_at_end())
    return std::nullopt;
  return time_point{
    std::chrono::sys_days{date} + std::chrono::hours{hour} +
    std::chrono::minutes{minute - offset} + std::chrono::seconds{second} +
    std::chrono::milliseconds{ms}};
}

} // namespace ratchet::formats
