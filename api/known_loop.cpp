#include "api/known_loop.hpp"

#include "actors/client.hpp"
#include "api/handlers.hpp"

#include <utility>

namespace ratchet::api {

result<known_loop>
known_loop_of(const api_context& context, const std::string& name) {
  known_loop out;
  out.name = name;
  const auto& journal = context.node.journal();
  const auto number = journal.find_loop(name);
  if (!number)
    return number.err();
  out.number = *number;
  const auto& hosted = context.node.loops();
  if (const auto found = hosted.find(name); found != hosted.end()) {
    out.definition = &found->second;
    return out;
  }
  out.hosted = false;
  auto all = journal.definitions(*number);
  if (!all)
    return all.err();
  if (all->empty())
    return error{
      errc::corruption, "loop \"" + name + "\" has no definition in the store"};
  out.stored = std::make_shared<const workflows::loop_definition>(
    std::move(all->back().definition));
  out.definition = out.stored.get();
  return out;
}

result<known_loop>
known_loop_of(const api_context& context, const request& request) {
  auto known = known_loop_of(context, request.parameters.values[0]);
  if (known || known.err().code != errc::not_found)
    return known;
  // With the names of those that are hosted.
  const auto hosted = hosted_loop(context, request);
  return hosted ? known : result<known_loop>{hosted.err()};
}

} // namespace ratchet::api
