#include "formats/journal_export.hpp"

#include "base/bytes.hpp"
#include "formats/json.hpp"
#include "formats/json_writer.hpp"
#include "storage/artifacts.hpp"
#include "storage/workflow_codec.hpp"

#include <istream>
#include <optional>
#include <utility>

namespace ratchet::formats {

namespace {

/// A journal's event is far below; a file with longer lines is no export.
constexpr std::size_t longest_line = std::size_t{64} << 20U;

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f')
    return static_cast<std::uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0)
    return std::nullopt;
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = hex_digit(text[i]);
    const auto low = hex_digit(text[i + 1]);
    if (!high || !low)
      return std::nullopt;
    out += static_cast<char>(*high << 4U | *low);
  }
  return out;
}

/// Without the values of environments; nothing if it has none.
std::optional<workflows::loop_definition>
without_secrets(const workflows::loop_definition& plan) {
  auto out = plan;
  bool any = false;
  const auto blank = [&any](workflows::stage_definition& stage) {
    for (auto& [name, value] : stage.env) {
      any = true;
      value.clear();
    }
  };
  for (auto& stage : out.stages)
    blank(stage);
  for (auto& each : out.cleanup)
    blank(each.stage);
  return any ? std::optional{std::move(out)} : std::nullopt;
}

std::string text_of(const json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_string() ? found->get<std::string>()
                                                   : std::string{};
}

std::uint64_t number_of(const json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_number_unsigned()
    ? found->get<std::uint64_t>()
    : 0;
}

/// Without its line break.
std::string checksum_line(
  std::uint64_t block, std::uint64_t lines, const std::string& digest,
  bool last) {
  std::string out;
  json_writer{out}
    .begin_object()
    .field("type", "checksum")
    .field("block", block)
    .field("lines", lines)
    .field("sha256", digest)
    .field("last", last)
    .end_object();
  return out;
}

/// Reads line after line and keeps what a block has said so far.
class reader {
public:
  reader(
    std::istream& from,
    const std::function<result<void>(exported_iteration)>& take)
      : from_(from), take_(take) {}

  result<void> run() {
    std::string line;
    while (!done_ && next_line(line))
      if (auto read = read_line(line); !read)
        return read;
    if (line_ == 0)
      return error{errc::invalid_argument, "the file is empty"};
    if (!done_)
      return broken("the file ends before its last checksum: it was cut");
    if (next_line(line))
      return broken("something follows the last checksum");
    return {};
  }

private:
  [[nodiscard]] error broken(const std::string& what) const {
    return {errc::corruption, "line " + std::to_string(line_) + ": " + what};
  }

  bool next_line(std::string& line) {
    line.clear();
    if (!std::getline(from_, line))
      return false;
    ++line_;
    return true;
  }

  result<void> read_line(const std::string& line) {
    if (line.size() > longest_line)
      return broken("it is longer than any line of an export");
    // The end of the file in the middle of a line: its break is missing.
    if (from_.eof())
      return broken("it has no end: the file was cut");
    const auto parsed = parse_json(line, "line");
    if (!parsed || !parsed->is_object())
      return line_ == 1 ? not_an_export() : broken("it is no JSON object");
    const auto type = text_of(*parsed, "type");
    if (line_ == 1)
      if (auto head = read_head(*parsed, type); !head)
        return head;
    if (type == "checksum")
      return close_block(*parsed, line);
    block_ += line;
    block_ += '\n';
    ++block_lines_;
    if (type == "definition")
      return read_definition(*parsed);
    if (type == "iteration")
      return read_iteration(*parsed);
    if (type == "event")
      return read_event(*parsed);
    return {}; // For people, or of a later build: the checksum counts it.
  }

  [[nodiscard]] static error not_an_export() {
    return {
      errc::invalid_argument,
      "this is no export of a journal; write one with \"ratchet export\""};
  }

  result<void> read_head(const json& line, const std::string& type) {
    if (type != "export")
      return not_an_export();
    const auto format = number_of(line, "format");
    if (format != export_format)
      return error{
        errc::invalid_argument,
        "the export has format " + std::to_string(format) +
          ", and this build reads " + std::to_string(export_format) +
          "; use a newer one"};
    loop_ = text_of(line, "loop");
    return {};
  }

  [[nodiscard]] result<std::string> record_of(const json& line) const {
    auto bytes = from_hex(text_of(line, "record"));
    if (!bytes || bytes->empty())
      return broken("its record is no hexadecimal text");
    return std::move(*bytes);
  }

  result<void> read_definition(const json& line) {
    const auto record = record_of(line);
    if (!record)
      return record.err();
    auto plan = storage::decode_definition(*record);
    if (!plan)
      return broken(plan.err().message);
    const auto named = text_of(line, "fingerprint");
    // One with an environment has lost what its fingerprint was made of.
    if (!without_secrets(*plan) && workflows::fingerprint(*plan) != named)
      return broken(
        "the definition has fingerprint " + workflows::fingerprint(*plan) +
        ", not " + named);
    plans_[named] = std::move(*plan);
    return {};
  }

  result<void> read_iteration(const json& line) {
    finish_iteration();
    const auto plan = plans_.find(text_of(line, "fingerprint"));
    if (plan == plans_.end())
      return broken("the iteration's definition does not stand before it");
    current_ = exported_iteration{
      loop_, iteration_number{number_of(line, "number")}, plan->second, {}};
    fingerprint_ = plan->first;
    return {};
  }

  result<void> read_event(const json& line) {
    if (!current_)
      return broken("an event without an iteration");
    const auto record = record_of(line);
    if (!record)
      return record.err();
    auto event = storage::decode_iteration_event(*record);
    if (!event)
      return broken(event.err().message);
    if (number_of(line, "index") != current_->events.size())
      return broken(
        "event " + std::to_string(current_->events.size()) +
        " is missing here");
    const auto* start = std::get_if<workflows::iteration_started>(&*event);
    if (
      start != nullptr &&
      (start->fingerprint != fingerprint_ || start->number != current_->number))
      return broken("it is the start of another iteration");
    current_->events.push_back(std::move(*event));
    return {};
  }

  void finish_iteration() {
    if (current_)
      whole_.push_back(std::move(*current_));
    current_.reset();
  }

  result<void> close_block(const json& line, const std::string& text) {
    if (
      number_of(line, "block") != blocks_ ||
      number_of(line, "lines") != block_lines_)
      return broken("lines are missing or were added before it");
    const auto digest = storage::digest_of(block_);
    if (text_of(line, "sha256") != digest)
      return broken("the lines before it were changed: the checksum differs");
    // Byte by byte: nothing covers this line but what it should be.
    done_ = text == checksum_line(blocks_, block_lines_, digest, true);
    if (!done_ && text != checksum_line(blocks_, block_lines_, digest, false))
      return broken("the checksum itself was changed");
    ++blocks_;
    block_.clear();
    block_lines_ = 0;
    finish_iteration();
    for (auto& each : std::exchange(whole_, {}))
      if (auto taken = take_(std::move(each)); !taken)
        return taken;
    return {};
  }

  std::istream& from_;
  const std::function<result<void>(exported_iteration)>& take_;
  std::string loop_;
  std::map<std::string, workflows::loop_definition> plans_;
  std::optional<exported_iteration> current_;
  std::string fingerprint_;               ///< Of its definition.
  std::vector<exported_iteration> whole_; ///< Until the block is proven.
  std::string block_;
  std::uint64_t block_lines_ = 0;
  std::uint64_t blocks_ = 0;
  std::uint64_t line_ = 0;
  bool done_ = false;
};

} // namespace

void export_block::head(std::string_view kind, std::string_view loop) {
  json_writer{text_}
    .begin_object()
    .field("type", "export")
    .field("format", export_format)
    .field("kind", kind)
    .field("loop", loop)
    .end_object();
  text_ += '\n';
  ++lines_;
}

void export_block::definition(
  const std::string& fingerprint, const workflows::loop_definition& plan,
  std::string_view view) {
  json_writer{text_}
    .begin_object()
    .field("type", "definition")
    .field("fingerprint", fingerprint)
    .key("definition")
    .raw(view)
    .field(
      "record", to_hex(storage::encode(without_secrets(plan).value_or(plan))))
    .end_object();
  text_ += '\n';
  ++lines_;
}

void export_block::iteration(
  iteration_number number, const std::string& fingerprint) {
  json_writer{text_}
    .begin_object()
    .field("type", "iteration")
    .field("number", number.value)
    .field("fingerprint", fingerprint)
    .end_object();
  text_ += '\n';
  next_index_ = 0;
  ++lines_;
}

void export_block::event(
  const workflows::iteration_event& event, std::string_view view) {
  json_writer{text_}
    .begin_object()
    .field("type", "event")
    .field("index", next_index_++)
    .key("event")
    .raw(view)
    .field("record", to_hex(storage::encode(event)))
    .end_object();
  text_ += '\n';
  ++lines_;
}

void export_block::other(std::string_view type, std::string_view view) {
  json_writer{text_}
    .begin_object()
    .field("type", type)
    .key(type)
    .raw(view)
    .end_object();
  text_ += '\n';
  ++lines_;
}

std::string export_block::close(bool last) && {
  text_ +=
    checksum_line(number_, lines_, storage::digest_of(text_), last) + '\n';
  return std::move(text_);
}

result<void> read_export(
  std::istream& from,
  const std::function<result<void>(exported_iteration)>& take) {
  return reader{from, take}.run();
}

} // namespace ratchet::formats
