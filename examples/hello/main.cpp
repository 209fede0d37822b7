#include <ratchet/ratchet.hpp>

#include <fstream>

using namespace ratchet;

// The smallest loop there can be: the model is the mean of all ratings.
int main(int argc, char** argv) {
  const auto train = [](stage_context& context) -> result<stage_output> {
    const auto dataset = context.input_dir("dataset");
    if (!dataset)
      return dataset.err();
    std::ifstream rows(*dataset / "train.jsonl");
    double sum = 0, count = 0;
    for (std::string row; std::getline(rows, row); ++count)
      sum += std::stod(row.substr(row.rfind("\"label\":\"") + 9));
    std::ofstream(context.output_dir() / "model.txt") << sum / count << '\n';
    return stage_output{{{"mean", std::to_string(sum / count)}}};
  };
  loop hello("hello");
  hello.channel(number_between("rating", 1, 5))
    .retrain_when(feedback_count("rating", 3))
    .stage("dataset", export_dataset{.channel = "rating"})
    .stage("train", train)
    .promote();
  return ratchet::main(argc, argv, {hello});
}
