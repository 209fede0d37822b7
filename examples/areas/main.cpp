#include <ratchet/ratchet.hpp>

#include <chrono>
#include <fstream>

using namespace ratchet;
using namespace std::chrono_literals;

// A loop that finds out where its model is weak: docs/guide/areas.md plays with
// it. Users say whether an answer was right, within two seconds, so that the
// page can be played through; with real users it is a day.
int main(int argc, char** argv) {
  const auto train = [](stage_context& context) -> result<stage_output> {
    const auto dataset = context.input_dir("dataset");
    if (!dataset)
      return dataset.err();
    std::ifstream rows{*dataset / "train.jsonl"};
    std::size_t count = 0;
    for (std::string row; std::getline(rows, row);)
      ++count;
    std::ofstream{context.output_dir() / "model.txt"} << "answers learned from "
                                                      << count << " rows\n";
    return stage_output{};
  };
  loop answers("answers");
  answers.channel(boolean("right"))
    .metric("accuracy")
    .from("right")
    .slice_by("device", "language")
    .join_within(2s)
    .areas(
      {.metric = "accuracy",
       .by = {"device", "language", "length"},
       .every = 3s,
       .min_volume = 0.02})
    .retrain_when(area_of("accuracy", {.impact = 0.01, .rows = 50}))
    .stage("dataset", export_dataset{.channel = "right", .oversample_areas = 3})
    .stage("train", train)
    .promote();
  return ratchet::main(argc, argv, {answers});
}
