#include "model.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace complex_example {

using json = nlohmann::json;

std::vector<message> read_messages(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<message> all;
  for (std::string line; std::getline(in, line);) {
    const auto row = json::parse(line);
    const auto& meta = row.at("_meta");
    message one;
    one.id = meta.at("interaction_id").get<std::string>();
    one.language = meta.at("slice").at("language").get<std::string>();
    row.at("input").at("features").get_to(one.features);
    one.escalate = row.at("label").get<std::string>() == "true";
    all.push_back(std::move(one));
  }
  return all;
}

double model::score(const weights& of, const message& asked) {
  double sum = of.back();
  for (std::size_t i = 0; i < asked.features.size(); ++i)
    sum += of[i] * asked.features[i];
  return sum;
}

void model::learn(const std::vector<message>& messages, double rate) {
  for (const auto& one : messages) {
    auto& own = by_language_[one.language];
    const auto likely = 1 / (1 + std::exp(-score(own, one)));
    const auto step = rate * ((one.escalate ? 1.0 : 0.0) - likely);
    for (std::size_t i = 0; i < one.features.size(); ++i)
      own[i] += step * one.features[i];
    own.back() += step;
  }
}

bool model::escalates(const message& asked) const {
  const auto own = by_language_.find(asked.language);
  return own != by_language_.end() && score(own->second, asked) > 0;
}

void model::write(const std::filesystem::path& file) const {
  std::ofstream(file) << json(by_language_).dump() << '\n';
}

model model::read(const std::filesystem::path& file) {
  std::ifstream in(file);
  model made;
  json::parse(in).get_to(made.by_language_);
  return made;
}

double accuracy(const model& judged, const std::vector<message>& messages) {
  const auto right =
    std::count_if(messages.begin(), messages.end(), [&](const message& one) {
      return judged.escalates(one) == one.escalate;
    });
  return messages.empty()
    ? 0
    : static_cast<double>(right) / static_cast<double>(messages.size());
}

} // namespace complex_example
