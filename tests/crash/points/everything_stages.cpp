#include "everything_stages.hpp"

#include "base/clock.hpp"
#include "scenario.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>

namespace ratchet::test {

namespace {

using namespace std::chrono_literals;

/// One of those that share a slot, while it runs.
class slot_user {
public:
  explicit slot_user(const effects& world) {
    if (++count() > 1)
      world.leave("everything trains two at once");
  }
  ~slot_user() { --count(); }
  slot_user(const slot_user&) = delete;
  slot_user& operator=(const slot_user&) = delete;

private:
  static std::atomic<int>& count() {
    static std::atomic<int> running{0};
    return running;
  }
};

std::string undone(const std::string& stage, const stage_context& context) {
  return "everything undo " + stage + " " +
    std::to_string(context.iteration().value);
}

} // namespace

stage_function plans(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    world.leave("everything plan");
    std::ofstream{context.output_dir() / "items.json"}
      << R"(["plain","flaky","broken"])";
    return stage_output{{{"turn", std::to_string(context.iteration().value)}}};
  };
}

stage_function prepares(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    const auto& item = context.item();
    if (auto slept = context.sleep_for("settle", 5ms); !slept)
      return slept.err();
    world.leave("everything prepare " + item);
    if (item == "broken")
      return context.fail("bad_item", "it cannot be read");
    const std::string failed = "everything prepare failed";
    if (item == "flaky" && world.count(failed) < 2) {
      world.leave(failed);
      return error{errc::io_error, "not yet"};
    }
    return stage_output{{{"item", item}}};
  };
}

stage_function trains(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    const slot_user alone{world};
    hold(context, [&] { return world.count(training_released) > 0; });
    world.leave("everything train " + context.item());
    return leave_model(context);
  };
}

stage_function evaluates() {
  return scores_model([](int sample, bool right) {
    return R"("champion":)" + std::to_string(sample < 4 ? 1 : 0) +
      R"(,"challenger":)" + std::to_string(right ? 1 : 0);
  });
}

stage_function labels(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    const auto until = context.step("until when", [&] {
      world.leave("everything label begins");
      return to_ms(system_wall_clock{}.now() + 20ms);
    });
    if (!until)
      return until.err();
    if (auto slept = context.sleep_until(from_ms(*until)); !slept)
      return slept.err();
    const auto go = context.wait_for_signal("go", 1h);
    if (!go)
      return go.err();
    const auto rows = context.step("rows", [&] {
      world.leave("everything label rows");
      return 7;
    });
    if (!rows)
      return rows.err();
    if (world.count("everything label failed") == 0) {
      world.leave("everything label failed");
      return error{errc::io_error, "not yet"};
    }
    return stage_output{{{"rows", std::to_string(*rows)}, {"go", go->payload}}};
  };
}

stage_function is_slow(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    const std::string silent = "everything slow was silent";
    const std::string late = "everything slow was late";
    if (world.count(silent) == 0) {
      hold(context, [] { return false; });
      world.leave(silent);
    } else if (world.count(late) == 0) {
      hold(context, [&] {
        context.heartbeat();
        return false;
      });
      world.leave(late);
    }
    return stage_output{};
  };
}

stage_function works(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    const auto turn = context.iteration().value;
    world.leave("everything work " + std::to_string(turn));
    if (turn == 2 && world.count(data_mended) == 0)
      return context.fail("bad_data", "row 7 has no label");
    return stage_output{};
  };
}

std::vector<std::string> tuning(const effects& world) {
  return {
    "/bin/sh", "-c",
    "trap \"" + world.shell_line("everything tuning ends gently") +
      "; exit 1\" TERM; " + world.shell_line(tuning_began) +
      "; while :; do sleep 0.01; done"};
}

stage_function undoes_announce(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    world.leave(undone("announce", context));
    return stage_output{};
  };
}

stage_function undoes_publish(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    if (world.count(undone("announce", context)) == 0)
      world.leave("everything undoes what came first too early");
    world.leave(undone("publish", context));
    return stage_output{};
  };
}

} // namespace ratchet::test
