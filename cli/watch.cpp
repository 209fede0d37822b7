#include "cli/loop_changes.hpp"
#include "cli/loop_screen.hpp"
#include "cli/signals.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <optional>

#include <unistd.h>

namespace ratchet::cli {

namespace {

constexpr duration look_interval{400};

/// Events per second over about the last five seconds.
class rate_meter {
public:
  std::optional<double> add(std::uint64_t total, time_point now) {
    if (last_ != time_point{} && now > last_) {
      const auto seconds = std::chrono::duration<double>(now - last_).count();
      const auto rate =
        static_cast<double>(total - std::min(total, total_)) / seconds;
      const auto weight = std::min(1.0, seconds / 5);
      rate_ = rate_ ? *rate_ + weight * (rate - *rate_) : rate;
    }
    total_ = total;
    last_ = now;
    return rate_;
  }

private:
  std::uint64_t total_ = 0;
  time_point last_;
  std::optional<double> rate_;
};

result<void> watch_on_screen(verb_context& c, const std::string& name) {
  const stop_signals signals{alternate_screen::goodbye};
  const alternate_screen screen{STDOUT_FILENO};
  rate_meter meter;
  loop_view loop;
  screen_facts facts;
  facts.url = c.server.url();
  while (true) {
    auto looked = c.server.loop(name);
    facts.now = c.clock.now();
    if (looked) {
      loop = std::move(*looked);
      facts.event_rate = meter.add(loop.events, facts.now);
      facts.unreachable_since = {};
    } else if (looked.err().code != errc::unavailable) {
      return looked.err();
    } else if (facts.unreachable_since == time_point{}) {
      facts.unreachable_since = facts.now;
    }
    if (loop.name.empty())
      screen.draw("engine unreachable at " + facts.url + ", retrying");
    else
      screen.draw(
        draw_loop(loop, facts, size_of_screen(STDOUT_FILENO), c.paint));
    if (signals.wait(look_interval))
      return {};
  }
}

result<void> tell(verb_context& c, std::string_view what) {
  const auto at = to_iso8601(c.clock.now());
  if (c.output == output_format::table || c.output == output_format::name)
    return c.print(at + " " + std::string{what} + "\n");
  return c.print(to_text({{"at", at}, {"change", what}}) + "\n");
}

result<void> watch_as_lines(verb_context& c, const std::string& name) {
  const stop_signals signals;
  loop_view before;
  bool away = false;
  while (true) {
    auto looked = c.server.loop(name);
    if (!looked && looked.err().code != errc::unavailable)
      return looked.err();
    if (looked.ok() == away) {
      away = !looked;
      auto told = tell(
        c, away ? "engine unreachable, retrying" : "engine reachable again");
      if (!told)
        return told;
    }
    if (looked) {
      for (const auto& change : changes(before, *looked))
        if (auto told = tell(c, change); !told)
          return told;
      before = std::move(*looked);
    }
    if (signals.wait(look_interval))
      return {};
  }
}

} // namespace

result<void> watch_loop(verb_context& c, const std::string& loop) {
  return c.width > 0 && c.output == output_format::table
    ? watch_on_screen(c, loop)
    : watch_as_lines(c, loop);
}

} // namespace ratchet::cli
