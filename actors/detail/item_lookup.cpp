#include "actors/detail/item_lookup.hpp"

#include "storage/artifacts.hpp"
#include "storage/monitor_store.hpp"
#include "storage/registry.hpp"
#include "workflows/fan_out.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

namespace ratchet::actors::detail {

namespace {

using items = result<std::vector<std::string>>;

/// Every item in quotes with a comma, and every byte of it escaped.
constexpr std::size_t largest_list =
  workflows::most_items * (6 * workflows::longest_item + 8);

items slices_of(
  const services& node, const hosted_loop& loop, const std::string& attribute) {
  const auto known = storage::load_monitor(*node.store, loop.number);
  if (!known)
    return known.err();
  std::set<std::string> values;
  for (const auto& [key, cell] : known->metrics.cells())
    if (key.scope == analysis::slice_scope::slice && key.attribute == attribute)
      values.insert(key.value);
  return std::vector<std::string>(values.begin(), values.end());
}

items newest_versions(
  const services& node, const hosted_loop& loop, std::uint32_t count) {
  const auto found = node.registry->versions(loop.number, {}, count);
  if (!found)
    return found.err();
  std::vector<std::string> out;
  for (const auto& version : *found)
    out.push_back(std::to_string(version.number.value));
  return out;
}

error no_list(
  const workflows::fan_out_options& options, const std::string& why) {
  return {
    errc::invalid_argument,
    "the list of items, file \"" + options.name + "\" of stage \"" +
      options.stage + "\": " + why};
}

items items_of_file(
  const services& node, const workflows::fan_out_options& options,
  const std::vector<workflows::artifact_ref>& made) {
  const auto file =
    std::find_if(made.begin(), made.end(), [&](const auto& artifact) {
      return artifact.name == options.name;
    });
  if (file == made.end())
    return no_list(options, "it was not made");
  if (file->bytes > largest_list)
    return no_list(
      options,
      "has " + std::to_string(file->bytes) + " bytes; use at most " +
        std::to_string(largest_list));
  const auto path = node.artifacts->path_of(file->digest);
  if (!path)
    return path.err();
  std::ifstream in{*path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in)
    return error{errc::io_error, path->string() + ": cannot be read"};
  auto parsed = workflows::parse_item_list(text);
  if (!parsed)
    return no_list(options, parsed.err().message);
  return parsed;
}

} // namespace

items look_up_items(
  const services& node, const hosted_loop& loop,
  const workflows::fan_out_options& options,
  const std::vector<workflows::artifact_ref>& made) {
  switch (options.source) {
  case workflows::item_source::slices:
    return slices_of(node, loop, options.name);
  case workflows::item_source::versions:
    return newest_versions(node, loop, options.count);
  case workflows::item_source::file:
    return items_of_file(node, options, made);
  case workflows::item_source::list:
  case workflows::item_source::output:
  case workflows::item_source::units:
    break; // Known without a look.
  }
  return error{errc::invalid_argument, "these items are not looked up"};
}

} // namespace ratchet::actors::detail
