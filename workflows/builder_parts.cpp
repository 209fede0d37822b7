#include "ratchet/loop.hpp"

#include "workflows/check.hpp"

#include <algorithm>

namespace ratchet {

namespace {

struct split_line {
  std::vector<std::string> words;
  std::string mistake;
};

/// Splits at blanks outside quotes. Quotes may stand inside a word; nothing
/// is escaped or expanded.
split_line split(const std::string& line) {
  split_line out;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (const char c : line) {
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word)
        out.words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0)
    out.mistake = std::string{"the command has a "} + quote +
      " that is not closed; close it, or give the arguments as a list";
  if (in_word)
    out.words.push_back(std::move(word));
  return out;
}

workflows::gate_options
make_gate(std::string metric, gate_limits limits, bool must_improve) {
  return {
    std::move(metric), limits.margin, limits.alpha, limits.min_pairs,
    must_improve};
}

} // namespace

// Channels ------------------------------------------------------------------

workflows::channel_definition boolean(std::string name) {
  return {std::move(name), workflows::value_type::boolean, {}, {}, {}};
}

workflows::channel_definition
number_between(std::string name, double min, double max) {
  return {std::move(name), workflows::value_type::number, {}, min, max};
}

workflows::channel_definition any_number(std::string name) {
  return {std::move(name), workflows::value_type::number, {}, {}, {}};
}

workflows::channel_definition category(std::string name, std::uint32_t count) {
  // One more than is allowed is enough for `check` to object.
  const auto made = std::min(count, workflows::most_labels + 1);
  std::vector<std::string> labels;
  labels.reserve(made);
  for (std::uint32_t i = 0; i < made; ++i)
    labels.push_back(std::to_string(i));
  return category(std::move(name), std::move(labels));
}

workflows::channel_definition
category(std::string name, std::vector<std::string> labels) {
  return {
    std::move(name),
    workflows::value_type::category,
    std::move(labels),
    {},
    {}};
}

workflows::channel_definition text(std::string name) {
  return {std::move(name), workflows::value_type::text, {}, {}, {}};
}

// Stages --------------------------------------------------------------------

command::command(std::vector<std::string> argv) {
  definition_.kind = workflows::stage_kind::command;
  definition_.argv = std::move(argv);
}

command::command(const std::string& line) {
  auto parts = split(line);
  definition_.kind = workflows::stage_kind::command;
  definition_.argv = std::move(parts.words);
  mistake_ = std::move(parts.mistake);
}

command& command::timeout(duration start_to_close) {
  definition_.timeout = start_to_close;
  return *this;
}

command& command::grace(duration term_to_kill) {
  definition_.grace = term_to_kill;
  return *this;
}

command& command::retry(workflows::retry_policy policy) {
  definition_.retry = std::move(policy);
  return *this;
}

command& command::label(std::string worker_label) {
  definition_.label = std::move(worker_label);
  return *this;
}

command& command::start_within(duration schedule_to_start) {
  definition_.start_within = schedule_to_start;
  return *this;
}

command& command::heartbeat_within(duration silence) {
  definition_.heartbeat_within = silence;
  return *this;
}

command& command::priority(std::uint32_t priority) {
  definition_.priority = priority;
  return *this;
}

command& command::env(std::string name, std::string value) {
  definition_.env.insert_or_assign(std::move(name), std::move(value));
  return *this;
}

callable::callable(stage_function function) : function_(std::move(function)) {
  definition_.kind = workflows::stage_kind::callable;
}

callable& callable::timeout(duration start_to_close) {
  definition_.timeout = start_to_close;
  return *this;
}

callable& callable::retry(workflows::retry_policy policy) {
  definition_.retry = std::move(policy);
  return *this;
}

callable& callable::label(std::string worker_label) {
  definition_.label = std::move(worker_label);
  return *this;
}

callable& callable::start_within(duration schedule_to_start) {
  definition_.start_within = schedule_to_start;
  return *this;
}

callable& callable::heartbeat_within(duration silence) {
  definition_.heartbeat_within = silence;
  return *this;
}

callable& callable::priority(std::uint32_t priority) {
  definition_.priority = priority;
  return *this;
}

workflows::gate_options
not_worse_than_champion(std::string metric, gate_limits limits) {
  return make_gate(std::move(metric), limits, false);
}

workflows::gate_options
better_than_champion(std::string metric, gate_limits limits) {
  return make_gate(std::move(metric), limits, true);
}

} // namespace ratchet
