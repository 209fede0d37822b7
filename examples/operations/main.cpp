#include <ratchet/ratchet.hpp>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

using namespace ratchet;
using namespace std::chrono_literals;

namespace {

command shell(const std::string& line) {
  return command(std::vector<std::string>{"sh", "-c", line});
}

/// A variable of the program's environment; stages see none of it.
std::string variable(const char* name, const char* otherwise) {
  const char* said = std::getenv(name);
  return said == nullptr ? otherwise : said;
}

/// A loop to practise on: its training takes two seconds, and everything about
/// it can be paused, canceled, undone and repaired.
loop nightly(bool changed) {
  loop out("nightly");
  out.channel(boolean("thumbs"))
    .timing(asynchronous{.max_in_flight = 4})
    .stage("reserve", shell("echo reserved a machine"))
    .compensate(shell("echo gave the machine back"))
    .stage(
      "train",
      shell("for step in 1 2 3 4 5 6 7 8 9; do "
            "echo ratchet:progress 0.$step; sleep 0.2; done")
        .timeout(changed ? 2h : 1h)
        .retry({.max_attempts = changed ? 5U : 3U}));
  if (changed)
    out.stage("evaluate", shell("echo accuracy 0.93"));
  out
    .stage(
      "publish",
      shell("test ! -e " + variable("BROKEN", "/nowhere") + " || exit 64"))
    .on_failure("tell", shell("echo it failed"))
    .always("unlock", shell("echo unlocked"));
  return out;
}

loop weekly() {
  loop out("weekly");
  out.channel(boolean("thumbs")).stage("report", shell("echo all is well"));
  return out;
}

} // namespace

// What an author edits and builds anew is a variable here, so that one program
// can play all three: the original, the changed one, and one without the loop.
int main(int argc, char** argv) {
  const auto version = variable("NIGHTLY", "original");
  if (version == "gone")
    return ratchet::main(argc, argv, {weekly()});
  return ratchet::main(argc, argv, {nightly(version == "changed"), weekly()});
}
