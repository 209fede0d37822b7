#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

/// What the assistant learns: whether a message should go to a person, from
/// three numbers about it. Logistic regression, with weights of its own for
/// each language.

namespace complex_example {

struct message {
  std::string id;
  std::string language;
  std::array<double, 3> features{};
  bool escalate = false; ///< What the user said afterwards.
};

/// The rows of a dataset's file. Throws if it is not one: the engine makes
/// that the attempt's failure.
std::vector<message> read_messages(const std::filesystem::path& file);

class model {
public:
  /// One pass over `messages` by stochastic gradient descent.
  void learn(const std::vector<message>& messages, double rate);

  /// A language it has not learned escalates nothing.
  [[nodiscard]] bool escalates(const message& asked) const;

  void write(const std::filesystem::path& file) const;
  /// Throws if `file` is none of `write`.
  static model read(const std::filesystem::path& file);

private:
  using weights = std::array<double, 4>; ///< Of the features, and a bias.
  static double score(const weights& of, const message& asked);

  std::map<std::string, weights> by_language_;
};

/// The share of `messages` that `judged` decides as their users did.
double accuracy(const model& judged, const std::vector<message>& messages);

} // namespace complex_example
