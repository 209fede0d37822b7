#include "formats/detail/dataset_rows.hpp"

#include "formats/json.hpp"
#include "formats/json_writer.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <variant>

namespace ratchet::formats::detail {

namespace {

/// Keeps the order of keys: it is the application's.
using ordered = nlohmann::ordered_json;

std::string to_text(const ordered& value) {
  return value.dump(-1, ' ', false, ordered::error_handler_t::replace);
}

std::string text_of(const feedback_value& value) {
  if (const auto* flag = std::get_if<bool>(&value))
    return *flag ? "true" : "false";
  if (const auto* number = std::get_if<double>(&value)) {
    std::string text;
    append_json_number(text, *number);
    return text;
  }
  return *std::get_if<std::string>(&value);
}

/// What a history's JSON is, which was checked when it came; none if the store
/// says otherwise.
std::optional<ordered> parse(std::string_view text) {
  auto value = ordered::parse(text, nullptr, false);
  if (value.is_discarded())
    return std::nullopt;
  return value;
}

/// The input as a conversation, if it is one: an object with "messages".
std::optional<ordered> conversation(const std::string& input) {
  if (input.find("\"messages\"") == std::string::npos)
    return std::nullopt;
  auto value = parse(input);
  if (!value || !value->is_object())
    return std::nullopt;
  const auto found = value->find("messages");
  if (found == value->end() || !found->is_array())
    return std::nullopt;
  return value;
}

ordered assistant_says(std::string text) {
  return {{"role", "assistant"}, {"content", std::move(text)}};
}

/// An output as the messages that answer a conversation: it may be those, one
/// of them, or plain text.
ordered answer_of(const std::string& output) {
  auto value = parse(output);
  if (value && value->is_object()) {
    const auto messages = value->find("messages");
    if (messages != value->end() && messages->is_array())
      return *messages;
    if (value->contains("role"))
      return ordered::array({*value});
  }
  const bool is_text = value && value->is_string();
  return ordered::array(
    {assistant_says(is_text ? value->get<std::string>() : output)});
}

void write_sft(
  const event& interaction, const std::string& wanted, json_writer& w) {
  if (auto dialog = conversation(interaction.input)) {
    auto& messages = (*dialog)["messages"];
    messages.push_back(assistant_says(wanted));
    w.key("messages").raw(to_text(messages));
    if (dialog->contains("tools"))
      w.key("tools").raw(to_text((*dialog)["tools"]));
    return;
  }
  w.key("prompt").raw(interaction.input).field("completion", wanted);
}

void write_kto(const event& interaction, bool good, json_writer& w) {
  if (const auto dialog = conversation(interaction.input)) {
    w.key("prompt").raw(to_text((*dialog)["messages"]));
    w.key("completion").raw(to_text(answer_of(interaction.output)));
  } else {
    w.key("prompt").raw(interaction.input);
    w.key("completion").raw(interaction.output);
  }
  w.field("label", good);
}

void write_meta(
  const event& interaction, const analysis::folded_feedback& feedback,
  analysis::split_side side, json_writer& w) {
  w.key("_meta").begin_object().field("interaction_id", interaction.id);
  w.key("feedback_ids").begin_array();
  for (const auto& id : feedback.feedback_ids)
    w.value(id);
  w.end_array();
  w.field("version", interaction.version.value);
  if (interaction.propensity != 0)
    w.field("propensity", interaction.propensity);
  w.key("slice").begin_object();
  for (const auto& [name, value] : interaction.slices)
    w.field(name, value);
  w.end_object();
  w.field("split", side == analysis::split_side::train ? "train" : "eval");
  w.end_object();
}

} // namespace

result<row_format> find_row_format(std::string_view name) {
  if (name == "labels")
    return row_format::labels;
  if (name == "sft")
    return row_format::sft;
  if (name == "kto")
    return row_format::kto;
  return error{
    errc::invalid_argument,
    "unknown dataset format \"" + std::string{name} +
      "\"; there are \"labels\", \"sft\" and \"kto\""};
}

result<void>
check_channel(row_format format, const workflows::channel_definition& channel) {
  using workflows::value_type;
  const auto refuse = [&](const char* takes) {
    return error{
      errc::invalid_argument,
      std::string{takes} + ", and channel \"" + channel.name +
        "\" has values of another type"};
  };
  switch (format) {
  case row_format::labels:
    return {};
  case row_format::sft:
    if (
      channel.type != value_type::text && channel.type != value_type::category)
      return refuse("an \"sft\" dataset is made of text or categories");
    return {};
  case row_format::kto:
    if (channel.type != value_type::boolean)
      return refuse("a \"kto\" dataset is made of booleans");
    return {};
  }
  return {};
}

bool append_row(
  row_format format, const event& interaction,
  const analysis::folded_feedback& feedback, analysis::split_side side,
  std::string& out) {
  const auto* good = std::get_if<bool>(&feedback.value);
  if (interaction.input.empty())
    return false;
  if (format == row_format::kto && (interaction.output.empty() || !good))
    return false;
  json_writer w{out};
  w.begin_object();
  switch (format) {
  case row_format::labels:
    w.key("input").raw(interaction.input);
    w.field("label", text_of(feedback.value));
    break;
  case row_format::sft:
    write_sft(interaction, text_of(feedback.value), w);
    break;
  case row_format::kto:
    write_kto(interaction, *good, w);
    break;
  }
  write_meta(interaction, feedback, side, w);
  w.end_object();
  out += '\n';
  return true;
}

} // namespace ratchet::formats::detail
