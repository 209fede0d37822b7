#include "actors/detail/step_recorder.hpp"

#include <caf/send.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <utility>

namespace ratchet::actors::detail {

namespace {

using namespace std::chrono_literals;

constexpr duration patience = 1min;

error not_recorded(const std::string& name, const char* why) {
  return {errc::unavailable, "step \"" + name + "\" is not recorded: " + why};
}

} // namespace

std::function<result<void>(const std::string& name, std::string value)>
step_recorder(
  iteration_actor iteration, std::string stage, std::uint32_t attempt) {
  return [iteration = std::move(iteration), stage = std::move(stage),
          attempt](const std::string& name, std::string value) -> result<void> {
    auto promise = std::make_shared<std::promise<result<void>>>();
    auto answer = promise->get_future();
    caf::anon_send(
      iteration,
      attempt_steps{
        stage, attempt, name, std::move(value),
        [promise](result<void> done) { promise->set_value(std::move(done)); }});
    promise.reset();
    if (answer.wait_for(patience) != std::future_status::ready)
      return not_recorded(name, "the engine does not answer");
    try {
      return answer.get();
    } catch (const std::future_error&) {
      // Whoever should have answered has been dropped.
      return not_recorded(name, "the engine is stopping");
    }
  };
}

} // namespace ratchet::actors::detail
