#include "workflows/definition.hpp"

#include "workflows/detail/canonical_text.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace ratchet::workflows {

std::string_view to_string(child_policy policy) {
  switch (policy) {
  case child_policy::fail:
    return "fail";
  case child_policy::go_on:
    return "go_on";
  }
  return "unknown";
}

namespace {

template <class Items>
auto* find_by_name(Items& items, const std::string& name) {
  const auto found =
    std::find_if(items.begin(), items.end(), [&name](const auto& item) {
      return item.name == name;
    });
  return found == items.end() ? nullptr : &*found;
}

} // namespace

const channel_definition* loop_definition::channel(const std::string& n) const {
  return find_by_name(channels, n);
}

const stage_definition* loop_definition::stage(const std::string& n) const {
  return find_by_name(stages, n);
}

std::string_view to_string(cleanup_kind kind) {
  switch (kind) {
  case cleanup_kind::compensate:
    return "compensate";
  case cleanup_kind::on_failure:
    return "on_failure";
  case cleanup_kind::always:
    return "always";
  }
  return "unknown";
}

const cleanup_definition*
loop_definition::cleanup_stage(const std::string& n) const {
  const auto found =
    std::find_if(cleanup.begin(), cleanup.end(), [&n](const auto& each) {
      return each.stage.name == n;
    });
  return found == cleanup.end() ? nullptr : &*found;
}

const stage_definition* loop_definition::any_stage(const std::string& n) const {
  if (const auto* in_graph = stage(n))
    return in_graph;
  const auto* after_it = cleanup_stage(n);
  return after_it == nullptr ? nullptr : &after_it->stage;
}

std::string_view to_string(timing_mode mode) {
  switch (mode) {
  case timing_mode::open:
    return "open";
  case timing_mode::synchronous:
    return "synchronous";
  case timing_mode::asynchronous:
    return "asynchronous";
  }
  return "unknown";
}

std::string_view to_string(late_policy policy) {
  switch (policy) {
  case late_policy::into_next_dataset:
    return "into_next_dataset";
  case late_policy::drop:
    return "drop";
  }
  return "unknown";
}

std::string fingerprint(const loop_definition& definition) {
  return to_hex(fnv1a64(detail::canonical_text(definition)));
}

} // namespace ratchet::workflows
