// A process that plays the scenarios on a data directory, and is killed at one
// of its journal's writes. Started again on the same directory, it goes on.
//
//   crash_points DIRECTORY [SCENARIO [before|after WRITE]]
//
// At the end of the script it prints the end state. In DIRECTORY it keeps the
// store, the file `effects` with what the stages did, `writes` with the number
// of writes of the run that came to its end, and `unshown` with what its
// scenarios should have led to and did not.

#include "actors/node.hpp"
#include "driver.hpp"
#include "effects.hpp"
#include "killing_log.hpp"
#include "process/attempt_process.hpp"
#include "report.hpp"
#include "scenario.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

using namespace ratchet;

namespace {

test::killing_log::plan read_plan(int argc, char** argv) {
  test::killing_log::plan plan;
  plan.count_file = std::string{argv[1]} + "/writes";
  if (argc < 5)
    return plan;
  plan.when = std::string_view{argv[3]} == "before" ? test::moment::before
                                                    : test::moment::after;
  plan.write = std::strtoull(argv[4], nullptr, 10);
  return plan;
}

void write_unshown(
  const std::string& path, const test::driver& script,
  const std::vector<test::scenario>& played) {
  const auto seen = test::shown(script);
  std::ofstream out{path};
  for (const auto& each : played)
    for (const auto& what : each.shows)
      if (!seen.contains(what))
        out << what << '\n';
}

} // namespace

int main(int argc, char** argv) {
  if (process::is_wrapper_call(argc, argv))
    return process::wrapper_main(argc, argv);
  if (argc < 2) {
    std::cerr << "usage: crash_points DIRECTORY [SCENARIO [before|after N]]\n";
    return 2;
  }
  const std::string directory = argv[1];
  const std::string only = argc > 2 ? argv[2] : "";
  const test::effects world{directory + "/effects"};
  std::vector<test::scenario> played;
  actors::node_options options;
  for (auto& each : test::scenarios(world))
    if (only.empty() || each.name == only) {
      options.loops.insert(
        options.loops.end(), each.loops.begin(), each.loops.end());
      options.limits.labels.insert(
        each.limits.labels.begin(), each.limits.labels.end());
      played.push_back(std::move(each));
    }
  if (played.empty())
    test::give_up("no scenario \"" + only + "\"");
  options.data_dir = directory + "/data";
  options.url = "http://127.0.0.1:1";
  options.wrap_log = [plan = read_plan(argc, argv)](auto& store) {
    return std::make_unique<test::killing_log>(store, plan);
  };
  auto node = actors::node::start(std::move(options));
  if (!node)
    test::give_up(node.err().message);
  test::driver script{**node};
  for (const auto& each : played)
    each.play(script);
  write_unshown(directory + "/unshown", script, played);
  std::cout << test::end_state(script);
  return 0;
}
