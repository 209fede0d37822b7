#include <ratchet/ratchet.hpp>

#include <fstream>

using namespace ratchet;

// The smallest loop there can be: the model is the mean of all ratings.
int main(int argc, char** argv) {
  auto hello =
    loop("hello")
      .channel(number_between("rating", 1, 5))
      .retrain_when(feedback_count("rating", 3))
      .stage("dataset", export_dataset{.channel = "rating"})
      .stage(
        "train",
        [](stage_context& context) -> result<stage_output> {
          std::ifstream rows(*context.input_dir("dataset") / "train.jsonl");
          double sum = 0;
          int count = 0;
          for (std::string row; std::getline(rows, row); ++count)
            sum += std::stod(row.substr(row.find("\"label\":") + 8));
          const auto mean = std::to_string(sum / count);
          std::ofstream(context.output_dir() / "model.txt") << mean << '\n';
          return stage_output{{{"mean", mean}}};
        })
      .promote();
  return ratchet::main(argc, argv, {hello});
}
