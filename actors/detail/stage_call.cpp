#include "actors/detail/stage_call.hpp"

#include "process/attempt_process.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>

namespace ratchet::actors::detail {

const std::filesystem::path& stage_call::output_dir() const {
  // A failure shows when the stage writes there, with its own message.
  std::error_code ignored;
  std::filesystem::create_directories(output_dir_, ignored);
  touched_disk_ = true;
  return output_dir_;
}

result<std::filesystem::path>
stage_call::input_dir(const std::string& stage) const {
  touched_disk_ = true;
  return link_input(site_, stage);
}

result<std::string> stage_call::input_value(
  const std::string& stage, const std::string& name) const {
  for (const auto& [earlier, values] : site_.order.values)
    if (earlier == stage)
      if (const auto found = values.find(name); found != values.end())
        return found->second;
  return error{
    errc::not_found,
    "no value \"" + name + "\" of stage \"" + stage +
      "\": it recorded none, or does not come before \"" +
      site_.order.stage->name + "\""};
}

result<std::filesystem::path> stage_call::champion() const {
  touched_disk_ = true;
  return link_champion(site_);
}

void stage_call::progress(double done, std::string_view note) {
  heartbeat();
  site_.node->progress->set(
    site_.loop->name, site_.order.start.number, site_.order.unit,
    {std::clamp(done, 0.0, 1.0), std::string{note}});
}

/// A name that cannot be recorded costs the failure its name, not its message.
error stage_call::fail(
  std::string name, std::string message, duration retry_after) {
  failure_ = {};
  failure_.retry_after = std::clamp(
    retry_after, duration{0}, duration{workflows::longest_retry_after});
  if (const auto why = workflows::check_failure_name(name); why.empty())
    failure_.name = std::move(name);
  else
    message += " (its name is not recorded: " + why + ")";
  return {errc::io_error, std::move(message)};
}

void stage_call::log(std::string_view line) {
  std::error_code ignored;
  std::filesystem::create_directories(site_.directory(), ignored);
  touched_disk_ = true;
  std::ofstream out{
    process::log_path(site_.directory()), std::ios::app | std::ios::binary};
  out << line << '\n';
}

} // namespace ratchet::actors::detail
