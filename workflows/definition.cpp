#include "workflows/definition.hpp"

#include "workflows/detail/canonical_text.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace ratchet::workflows {

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

std::string fingerprint(const loop_definition& definition) {
  return to_hex(fnv1a64(detail::canonical_text(definition)));
}

} // namespace ratchet::workflows
