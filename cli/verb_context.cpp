#include "cli/verb_context.hpp"

#include <cerrno>
#include <cstring>

namespace ratchet::cli {

result<void> verb_context::print(std::string_view text) const {
  if (write_all(out, text))
    return {};
  return error{
    errc::io_error, std::string{"cannot write output: "} + strerror(errno)};
}

void verb_context::remark(std::string_view sentence) const {
  if (output == output_format::table)
    write_all(err, std::string{sentence} + "\n");
}

result<void> verb_context::show(
  const json& answer, const std::string& name,
  const std::function<std::string()>& as_text) const {
  switch (output) {
  case output_format::table:
    return print(as_text());
  case output_format::json:
    return print((width > 0 ? to_pretty_text(answer) : to_text(answer)) + "\n");
  case output_format::jsonl:
    return print(to_text(answer) + "\n");
  case output_format::name:
    return print(name + "\n");
  }
  return {};
}

result<void> verb_context::show_list(
  const json& items, const std::function<std::string(const json&)>& name_of,
  const std::function<table()>& as_table,
  std::string_view none_sentence) const {
  std::string text;
  switch (output) {
  case output_format::table:
    if (items.empty())
      remark(none_sentence);
    else
      text = as_table().render(paint, width);
    break;
  case output_format::json:
    text = (width > 0 ? to_pretty_text(items) : to_text(items)) + "\n";
    break;
  case output_format::jsonl:
    for (const auto& item : items)
      text += to_text(item) + "\n";
    break;
  case output_format::name:
    for (const auto& item : items)
      text += name_of(item) + "\n";
    break;
  }
  return print(text);
}

} // namespace ratchet::cli
