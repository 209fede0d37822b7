#include "cli/event_batches.hpp"

namespace ratchet::cli {

event_batches::event_batches(
  std::istream& from, std::uint64_t max_events, std::uint64_t max_bytes)
    : from_(from), max_events_(max_events), max_bytes_(max_bytes) {}

result<event_batch_text> event_batches::next() {
  event_batch_text out;
  std::string line;
  while (out.line_numbers.size() < max_events_ &&
         out.lines.size() < max_bytes_ && std::getline(from_, line)) {
    ++line_number_;
    bytes_read_ += line.size() + 1;
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    out.lines += line;
    out.lines += '\n';
    out.line_numbers.push_back(line_number_);
  }
  if (from_.bad())
    return error{
      errc::io_error,
      "reading stopped after line " + std::to_string(line_number_)};
  return out;
}

} // namespace ratchet::cli
