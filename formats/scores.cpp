#include "formats/scores.hpp"

#include "formats/json.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace ratchet::formats {

namespace {

using analysis::scored_sample;

/// Reads line by line, and knows which one it is at.
class score_reader {
public:
  score_reader(
    std::string_view metric, std::string_view name, score_limits limits)
      : metric_(metric), name_(name), limits_(limits) {}

  result<std::vector<scored_sample>> read(std::string_view text) {
    while (!text.empty()) {
      ++line_;
      const auto end = std::min(text.find('\n'), text.size());
      const auto row = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (row.find_first_not_of(" \t\r") == std::string_view::npos)
        continue;
      if (const auto read = read_line(row); !read)
        return read.err();
    }
    return finish();
  }

private:
  error at_line(const std::string& what) const {
    return {
      errc::invalid_argument,
      std::string{name_} + ", line " + std::to_string(line_) + ": " + what};
  }
  error at_field(const char* field, const std::string& what) const {
    return at_line("field \"" + std::string{field} + "\": " + what);
  }

  result<void> read_line(std::string_view text) {
    if (text.size() > limits_.line_bytes)
      return error{
        errc::resource_limit,
        at_line("longer than " + std::to_string(limits_.line_bytes) + " bytes")
          .message};
    const auto row =
      parse_json(text, std::string{name_} + ", line " + std::to_string(line_));
    if (!row)
      return row.err();
    if (!row->is_object())
      return at_line("expected a JSON object");
    const auto id = text_field(*row, "sample_id");
    if (!id)
      return id.err();
    const auto metric = text_field(*row, "metric");
    if (!metric)
      return metric.err();
    metrics_.insert(*metric);
    // A row of another metric is held to the same rules: a mistake in it is
    // found when it is made, not when someone gates on it.
    const bool ours = *metric == metric_;
    auto sample = scored_sample{*id, {}, {}, {}};
    if (auto read = read_scores_of(*row, sample); !read)
      return read;
    if (auto read = read_slices(*row, sample); !read)
      return read;
    return ours ? merge(std::move(sample)) : result<void>{};
  }

  result<std::string> text_field(const json& row, const char* field) const {
    const auto found = row.find(field);
    if (found == row.end())
      return at_field(field, "is missing");
    if (found->is_number_integer()) // Ids are often plain numbers.
      return to_text(*found);
    if (!found->is_string())
      return at_field(field, "expected a string");
    if (found->get_ref<const std::string&>().empty())
      return at_field(field, "is empty");
    return found->get<std::string>();
  }

  result<std::optional<double>>
  number_field(const json& row, const char* field) const {
    const auto found = row.find(field);
    if (found == row.end())
      return std::optional<double>{};
    if (found->is_boolean())
      return std::optional{found->get<bool>() ? 1.0 : 0.0};
    if (!found->is_number())
      return at_field(field, "expected a number");
    const auto score = found->get<double>();
    if (!std::isfinite(score))
      return at_field(field, "is not finite");
    return std::optional{score};
  }

  result<void> read_scores_of(const json& row, scored_sample& sample) const {
    const auto score = number_field(row, "score");
    const auto champion = number_field(row, "champion");
    const auto challenger = number_field(row, "challenger");
    for (const auto* read : {&score, &champion, &challenger})
      if (!*read)
        return read->err();
    sample.champion = *champion;
    sample.challenger = *challenger;
    if (!row.contains("model")) {
      if (!*champion && !*challenger)
        return at_field(
          "model",
          "is missing; it is \"champion\" or \"challenger\", and the "
          "number is in \"score\"");
      return {};
    }
    const auto model = text_field(row, "model");
    if (!model)
      return model.err();
    if (*model != "champion" && *model != "challenger")
      return at_field(
        "model", "\"" + *model + "\" is neither champion nor challenger");
    if (!*score)
      return at_field("score", "is missing");
    if (*champion || *challenger)
      return at_field("model", "stands beside a score that names its model");
    (*model == "champion" ? sample.champion : sample.challenger) = *score;
    return {};
  }

  result<void> read_slices(const json& row, scored_sample& sample) const {
    const auto found = row.find("slice");
    if (found == row.end() || found->is_null())
      return {};
    if (!found->is_object())
      return at_field("slice", "expected an object of strings");
    for (const auto& [key, value] : found->items()) {
      if (!value.is_string())
        return at_field("slice", "expected an object of strings");
      sample.slices.push_back(key + "=" + value.get<std::string>());
    }
    std::sort(sample.slices.begin(), sample.slices.end());
    return {};
  }

  result<void> merge(scored_sample sample) {
    const auto [place, added] = samples_.try_emplace(sample.id, sample);
    if (added && samples_.size() > limits_.samples)
      return error{
        errc::resource_limit,
        std::string{name_} + ": more than " + std::to_string(limits_.samples) +
          " samples"};
    if (added)
      return {};
    auto& known = place->second;
    const auto twice = [&](const char* model) {
      return at_line(
        "sample \"" + sample.id + "\" has a second score of the " + model);
    };
    if (known.champion && sample.champion)
      return twice("champion");
    if (known.challenger && sample.challenger)
      return twice("challenger");
    if (
      !known.slices.empty() && !sample.slices.empty() &&
      known.slices != sample.slices)
      return at_field(
        "slice", "differs from that of an earlier line of the same sample");
    if (sample.champion)
      known.champion = sample.champion;
    if (sample.challenger)
      known.challenger = sample.challenger;
    if (known.slices.empty())
      known.slices = std::move(sample.slices);
    return {};
  }

  result<std::vector<scored_sample>> finish() {
    if (samples_.empty() && !metrics_.empty()) {
      std::string there;
      for (const auto& metric : metrics_)
        there += (there.empty() ? "\"" : ", \"") + metric + "\"";
      return error{
        errc::not_found,
        std::string{name_} + ": no scores of metric \"" + std::string{metric_} +
          "\", only of " + there};
    }
    std::vector<scored_sample> all;
    all.reserve(samples_.size());
    for (auto& [id, sample] : samples_)
      all.push_back(std::move(sample));
    return all;
  }

  std::string_view metric_;
  std::string_view name_;
  score_limits limits_;
  std::size_t line_ = 0;
  std::map<std::string, scored_sample> samples_;
  std::set<std::string> metrics_;
};

} // namespace

result<std::vector<scored_sample>> read_scores(
  std::string_view text, std::string_view metric, std::string_view name,
  score_limits limits) {
  if (text.size() > limits.bytes)
    return error{
      errc::resource_limit,
      std::string{name} + ": larger than " + std::to_string(limits.bytes) +
        " bytes"};
  return score_reader{metric, name, limits}.read(text);
}

result<std::vector<scored_sample>> read_scores_file(
  const std::filesystem::path& file, std::string_view metric,
  score_limits limits) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(file, failed);
  if (failed == std::errc::no_such_file_or_directory)
    return error{errc::not_found, file.string() + ": there is no such file"};
  if (failed)
    return error{errc::io_error, file.string() + ": " + failed.message()};
  const auto name = file.filename().string();
  if (size > limits.bytes)
    return error{
      errc::resource_limit,
      name + ": larger than " + std::to_string(limits.bytes) + " bytes"};
  std::ifstream in{file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in || in.bad())
    return error{errc::io_error, file.string() + ": cannot be read"};
  return read_scores(text, metric, name, limits);
}

} // namespace ratchet::formats
