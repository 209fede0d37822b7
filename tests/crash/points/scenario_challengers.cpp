#include "scenario.hpp"

#include <string>

namespace ratchet::test {

namespace {

const std::string name = "challengers";

/// Three models, of which one is better than the others.
stage_function trains(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    world.leave("challengers train " + context.item());
    return leave_model(context);
  };
}

stage_function evaluates() {
  return scores_model([](int, bool right) {
    return R"("model":"challenger","score":)" + std::to_string(right ? 1 : 0);
  });
}

void play(driver& script) {
  script.trigger(name, 1);
  script.until_ended(name, 1);
}

} // namespace

scenario challengers(const effects& world) {
  return {
    name,
    {loop(name)
       .stage("train", trains(world))
       .for_each(items({"5", "15", "10"}))
       .stage("evaluate", evaluates())
       .for_each(each_of("train").parallel(2))
       .gate("not worse", not_worse_than_champion("accuracy"))
       .choose("best")
       .promote()},
    play};
}

} // namespace ratchet::test
