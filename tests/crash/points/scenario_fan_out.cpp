#include "scenario.hpp"

#include <filesystem>
#include <fstream>

namespace ratchet::test {

namespace {

using namespace std::chrono_literals;
using actors::operator_verb;

const std::string name = "fan-out";

/// The first try of one item fails, and of another for good: then an operator
/// repeats it. A kill may take a failure along before it is recorded; its item
/// then succeeds a little earlier, and the end is the same.
stage_function works(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    const auto& item = context.item();
    std::ofstream{context.output_dir() / "note.txt"} << item;
    world.leave("fan-out work " + item);
    if (item == "plain" || world.count("fan-out failed " + item) > 0)
      return stage_output{};
    world.leave("fan-out failed " + item);
    const bool for_good = item == "broken";
    return error{for_good ? errc::invalid_argument : errc::io_error, "not yet"};
  };
}

/// What each item made is there, whatever crashed on the way.
stage_function reads(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    const auto input = context.input_dir("work");
    if (!input)
      return input.err();
    for (const auto* index : {"0", "1", "2"})
      if (!std::filesystem::exists(*input / index / "note.txt"))
        return error{errc::not_found, "item without its output"};
    world.leave("fan-out read");
    return stage_output{};
  };
}

void play(driver& script) {
  script.trigger(name, 1);
  script.until_ended(name, 1); // Failed by one item.
  script.act(
    "one item",
    {.verb = operator_verb::retry,
     .loop = name,
     .iteration = iteration_number{1},
     .stage = "work[2]"});
  script.until_ended(name, 1);
}

} // namespace

scenario fan_out(const effects& world) {
  // Out of the quotes that the line is in, and back.
  const auto echo = world.shell_line("fan-out shell '\"$RATCHET_ITEM\"'");
  return {
    name,
    {loop(name)
       .stage(
         "list",
         leaves_effect(
           world, "list", {{"items", R"(["plain","flaky","broken"])"}}))
       .stage(
         "work",
         callable(works(world)).retry({.max_attempts = 3, .initial = 5ms}))
       .for_each(listed_in(output("list", "items")).parallel(2))
       .stage("read", reads(world))
       .stage("shell", command({"/bin/sh", "-c", echo}))
       .for_each(each_of("work").parallel(2))},
    play};
}

} // namespace ratchet::test
