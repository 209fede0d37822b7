#include "formats/event_parser.hpp"

#include "base/bytes.hpp"
#include "formats/detail/event_fields.hpp"
#include "formats/detail/event_reader.hpp"
#include "formats/detail/json_check.hpp"

#include <algorithm>
#include <simdjson.h>
#include <utility>

namespace ratchet::formats {

namespace {

using simdjson::error_code;

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

constexpr const char* not_an_object = "an event is a JSON object";

/// Every part of the body has readable bytes behind it: the rest, and the
/// spare capacity.
simdjson::padded_string_view padded(std::string_view text) {
  const auto readable = text.size() + simdjson::SIMDJSON_PADDING;
  return simdjson::padded_string_view{text, readable};
}

reject_code code_of(detail::json_problem_kind kind) {
  using detail::json_problem_kind;
  switch (kind) {
  case json_problem_kind::malformed:
    return reject_code::malformed_json;
  case json_problem_kind::invalid_utf8:
    return reject_code::invalid_utf8;
  case json_problem_kind::not_finite:
    return reject_code::not_finite;
  case json_problem_kind::integer_range:
    return reject_code::out_of_range;
  case json_problem_kind::too_deep:
    return reject_code::too_deep;
  }
  return reject_code::malformed_json;
}

error malformed_body(std::size_t offset, const std::string& why) {
  return {
    errc::invalid_argument,
    "malformed JSON at byte " + std::to_string(offset) + ": " + why};
}

/// True if the first line opens something that it does not close: an object
/// that is spread over lines for people, or one that was cut off.
bool first_line_stays_open(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size() && text[i] != '\n'; ++i) {
    const char c = text[i];
    if (in_string && c == '\\')
      ++i;
    else if (c == '"')
      in_string = !in_string;
    else if (!in_string && (c == '{' || c == '['))
      ++depth;
    else if (!in_string && (c == '}' || c == ']'))
      --depth;
  }
  return depth > 0 && !in_string;
}

/// One call of `parse`.
struct request {
  std::string_view body;
  time_point received;
  detail::event_rules rules;
  parsed_body out{};
  bool too_many = false;
  storage::event_batch* last_batch = nullptr; ///< Most bodies have one loop.

  [[nodiscard]] bool full() {
    too_many = too_many || out.events == limits::events_per_body;
    return too_many;
  }
  [[nodiscard]] std::string at_byte(const char* place) const {
    return "byte " + std::to_string(place - body.data());
  }
  storage::event_batch& batch_of(const std::string& loop) {
    if (last_batch != nullptr && last_batch->loop == loop)
      return *last_batch;
    auto& all = out.batches;
    auto found = std::find_if(
      all.begin(), all.end(), [&](const auto& b) { return b.loop == loop; });
    if (found == all.end()) {
      auto& added = all.emplace_back();
      added.loop = loop;
      added.received = received;
      // Encoded events are smaller than their JSON.
      if (all.size() == 1)
        added.bytes.reserve(body.size());
      found = all.end() - 1;
    }
    last_batch = &*found;
    return *found;
  }
};

} // namespace

/// Two ways through a body. The fast one lets simdjson go from event to event;
/// where it stumbles, the slow one reads the JSON byte by byte to find out what
/// is wrong, and whether that costs the body or one event.
class event_parser::engine {
public:
  result<parsed_body> parse(
    std::string& body, const loop_table& loops, std::string_view default_loop,
    time_point received);

private:
  result<void> parse_text(request& r, std::string_view text);
  result<void> parse_array(request& r, std::string_view text);
  result<void> parse_single(request& r, std::string_view text);
  void parse_lines(request& r, std::string_view text);

  /// Reads all elements; false, and nothing kept, if simdjson stumbles.
  bool try_array(request& r, std::string_view text);
  void parse_element(request& r, std::string_view text, std::size_t line);
  /// Reads one event that is a document of its own.
  error_code try_document(std::string_view text);
  /// Why simdjson stumbled over `text`. `line` is 0 where lines say nothing.
  detail::problem
  explain(const request& r, std::string_view text, std::size_t line) const;

  void finish_event(request& r, std::size_t bytes);
  void reject(request& r, detail::problem why);
  void overwrite_bad_bytes(std::string& body);

  simdjson::ondemand::parser parser_;
  std::vector<const char*> bad_bytes_;
  detail::event_reader reader_{bad_bytes_};
  detail::event_fields fields_;
};

result<parsed_body> event_parser::engine::parse(
  std::string& body, const loop_table& loops, std::string_view default_loop,
  time_point received) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  // simdjson would refuse the whole document, which may be an array of sound
  // events and one bad one.
  bad_bytes_.clear();
  if (!simdjson::validate_utf8(body))
    overwrite_bad_bytes(body);
  auto text = std::string_view{body};
  if (text.substr(0, 3) == "\xEF\xBB\xBF") // What some editors begin with.
    text.remove_prefix(3);
  text = trim(text);
  if (text.empty())
    return error{
      errc::invalid_argument,
      "the body is empty; send events as one JSON object, an array of them, "
      "or one per line"};
  request r{body, received, {loops, default_loop, received}};
  if (const auto parsed = parse_text(r, text); !parsed)
    return parsed.err();
  if (r.too_many)
    return error{
      errc::resource_limit,
      "more than " + std::to_string(limits::events_per_body) +
        " events in one body; send several bodies"};
  return std::move(r.out);
}

result<void>
event_parser::engine::parse_text(request& r, std::string_view text) {
  const auto end_of_line = text.find('\n');
  if (text[0] == '[')
    return parse_array(r, text);
  if (end_of_line == std::string_view::npos)
    return parse_single(r, text);
  if (text[0] == '{' && first_line_stays_open(text)) {
    auto single = parse_single(r, text);
    // After '{' comes a key: a '{' there is the next line's own event, and
    // the first line was cut off.
    if (single || trim(text.substr(end_of_line))[0] != '{')
      return single;
  }
  parse_lines(r, text);
  return {};
}

result<void>
event_parser::engine::parse_array(request& r, std::string_view text) {
  if (try_array(r, text))
    return {};
  const auto problem = detail::find_json_problem(text, text.size());
  const auto start = static_cast<std::size_t>(text.data() - r.body.data());
  if (problem && problem->kind == detail::json_problem_kind::malformed)
    return malformed_body(start + problem->offset, problem->message);
  for (const auto element : detail::split_json_array(text)) {
    if (r.full())
      break;
    parse_element(r, trim(element), 0);
  }
  return {};
}

bool event_parser::engine::try_array(request& r, std::string_view text) {
  const auto stumble = [&r] {
    r.out = {};
    r.last_batch = nullptr;
    return false;
  };
  simdjson::ondemand::document document;
  simdjson::ondemand::array array;
  if (
    parser_.iterate(padded(text)).get(document) ||
    document.get_array().get(array))
    return stumble();
  for (auto&& element : array) {
    if (r.full())
      return true;
    simdjson::ondemand::value value;
    if (std::forward<decltype(element)>(element).get(value))
      return stumble();
    const auto token = value.raw_json_token();
    if (token.substr(0, 1) != "{") {
      std::string_view passed;
      if (detail::event_reader::pass(value, 1, passed))
        return stumble();
      fields_.clear();
      reject(r, {reject_code::wrong_type, not_an_object});
      continue;
    }
    simdjson::ondemand::object object;
    const char* end = nullptr;
    if (
      value.get_object().get(object) || reader_.read(object, fields_) ||
      value.current_location().get(end))
      return stumble();
    finish_event(r, static_cast<std::size_t>(end - token.data()));
  }
  const char* rest = nullptr;
  if (document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS)
    return stumble();
  return true;
}

result<void>
event_parser::engine::parse_single(request& r, std::string_view text) {
  if (try_document(text) == simdjson::SUCCESS) {
    finish_event(r, text.size());
    return {};
  }
  const auto problem = detail::find_json_problem(text, limits::depth);
  const auto start = static_cast<std::size_t>(text.data() - r.body.data());
  if (problem && problem->kind == detail::json_problem_kind::malformed)
    return malformed_body(start + problem->offset, problem->message);
  reject(r, explain(r, text, 0));
  return {};
}

void event_parser::engine::parse_lines(request& r, std::string_view text) {
  // The line numbers are those of the body, blank lines included.
  auto line =
    static_cast<std::size_t>(std::count(r.body.data(), text.data(), '\n'));
  while (!text.empty()) {
    ++line;
    const auto end = std::min(text.find('\n'), text.size());
    const auto event = trim(text.substr(0, end));
    if (!event.empty()) {
      if (r.full())
        return;
      parse_element(r, event, line);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void event_parser::engine::parse_element(
  request& r, std::string_view text, std::size_t line) {
  if (try_document(text) == simdjson::SUCCESS)
    finish_event(r, text.size());
  else
    reject(r, explain(r, text, line));
}

error_code event_parser::engine::try_document(std::string_view text) {
  fields_.clear();
  reader_.begin();
  simdjson::ondemand::document document;
  if (const auto e = parser_.iterate(padded(text)).get(document))
    return e;
  simdjson::ondemand::object object;
  if (const auto e = document.get_object().get(object))
    return e;
  if (const auto e = reader_.read(object, fields_))
    return e;
  const char* rest = nullptr;
  if (document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS)
    return simdjson::TAPE_ERROR;
  return simdjson::SUCCESS;
}

detail::problem event_parser::engine::explain(
  const request& r, std::string_view text, std::size_t line) const {
  const auto found = detail::find_json_problem(text, limits::depth);
  if (!found)
    return {reject_code::wrong_type, not_an_object};
  const auto place = (line == 0 ? "" : "line " + std::to_string(line) + ", ") +
    r.at_byte(text.data() + found->offset);
  if (found->kind == detail::json_problem_kind::malformed)
    return {reject_code::malformed_json, place + ": " + found->message};
  return {
    code_of(found->kind), reader_.where() + found->message + ", at " + place};
}

void event_parser::engine::finish_event(request& r, std::size_t bytes) {
  fields_.bytes = bytes;
  storage::event_view view;
  const auto* loop = r.rules.apply(fields_, view);
  if (loop == nullptr)
    return reject(r, std::move(*fields_.first_problem));
  r.batch_of(loop->name).add(view, static_cast<std::uint32_t>(r.out.events));
  ++r.out.events;
}

void event_parser::engine::reject(request& r, detail::problem why) {
  auto id = fields_.text_of(detail::field::id).substr(0, limits::id_bytes);
  id = id.substr(0, valid_utf8_prefix(id));
  r.out.rejected.push_back(
    {r.out.events, std::string{id}, why.code, std::move(why.message)});
  ++r.out.events;
}

void event_parser::engine::overwrite_bad_bytes(std::string& body) {
  std::size_t at = 0;
  std::size_t behind_last = 0;
  while (true) {
    at += valid_utf8_prefix(std::string_view{body}.substr(at));
    if (at == body.size())
      return;
    // One for a run of them is enough: no two fields share a run.
    if (bad_bytes_.empty() || at != behind_last)
      bad_bytes_.push_back(body.data() + at);
    body[at] = '?';
    behind_last = ++at;
  }
}

event_parser::event_parser() : engine_(std::make_unique<engine>()) {}
event_parser::event_parser(event_parser&&) noexcept = default;
event_parser& event_parser::operator=(event_parser&&) noexcept = default;
event_parser::~event_parser() = default;

result<parsed_body> event_parser::parse(
  std::string& body, const loop_table& loops, std::string_view default_loop,
  time_point received) {
  return engine_->parse(body, loops, default_loop, received);
}

} // namespace ratchet::formats
