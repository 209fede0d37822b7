#include "cli/progress_bar.hpp"

#include "cli/text.hpp"

#include <unistd.h>

namespace ratchet::cli {

using std::chrono::steady_clock;

std::string progress_line(
  std::string_view label, std::string_view item, const progress_facts& facts,
  std::size_t width) {
  std::string out{label};
  const auto seconds = std::chrono::duration<double>(facts.elapsed).count();
  const auto share = facts.total == 0
    ? 0.0
    : static_cast<double>(facts.done) / static_cast<double>(facts.total);
  if (facts.total > 0)
    out +=
      " " + bar(share, 24) + " " + pad_left(decimal(share * 100, 0), 3) + "%";
  out += "  " + with_commas(facts.items) + " " + std::string{item};
  // The first moments say nothing about the rate.
  if (seconds >= 0.5) {
    const auto rate = static_cast<double>(facts.items) / seconds;
    out += "  " + with_commas(static_cast<std::uint64_t>(rate)) + "/s";
    if (facts.total > 0 && share > 0)
      out += "  " +
        short_duration(std::chrono::duration_cast<duration>(
          std::chrono::duration<double>(seconds / share - seconds))) +
        " left";
  }
  return fit(out, width);
}

progress_bar::progress_bar(
  std::string label, std::string item, std::uint64_t total_bytes)
    : label_(std::move(label)), item_(std::move(item)), total_(total_bytes),
      active_(is_terminal(STDERR_FILENO)), start_(steady_clock::now()) {}

progress_bar::~progress_bar() {
  if (active_)
    write_all(STDERR_FILENO, "\r\x1b[K");
}

void progress_bar::show(std::uint64_t done_bytes, std::uint64_t items) {
  const auto now = steady_clock::now();
  if (!active_ || now - drawn_ < std::chrono::milliseconds{100})
    return;
  drawn_ = now;
  const progress_facts facts{
    done_bytes, total_, items,
    std::chrono::duration_cast<duration>(now - start_)};
  const auto width = size_of_screen(STDERR_FILENO).columns - 1;
  write_all(
    STDERR_FILENO,
    "\r" + progress_line(label_, item_, facts, width) + "\x1b[K");
}

} // namespace ratchet::cli
