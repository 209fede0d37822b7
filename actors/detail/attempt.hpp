#pragma once

#include "actors/messages.hpp"
#include "actors/stage.hpp"
#include "process/attempt_process.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

/// The blocking side of an attempt: files, processes, functions. Everything
/// here runs on a worker's or reader's thread, and knows no actor.

namespace ratchet::actors::detail {

/// What an attempt works in and with; cheap to copy.
struct attempt_site {
  const services* node = nullptr;
  std::shared_ptr<const hosted_loop> loop;
  std::shared_ptr<const hosted_plan> plan;
  attempt_order order;
  std::shared_ptr<std::atomic<bool>> canceled;
  std::shared_ptr<std::atomic<std::uint64_t>> beats; ///< Signs of life.
  /// Makes a step durable; blocks until it is. Of a function.
  std::function<result<void>(const std::string& name, std::string value)>
    remember{};

  [[nodiscard]] std::filesystem::path directory() const {
    return node->attempts_dir / order.id;
  }
};

[[nodiscard]] attempt_report failed(const error& e);

/// Makes the outputs of an earlier stage readable in the attempt's directory.
/// Errors: `not_found` if that stage made none or does not come before.
[[nodiscard]] result<std::filesystem::path>
link_input(const attempt_site& site, const std::string& stage);

/// The same for the champion's model.
[[nodiscard]] result<std::filesystem::path>
link_champion(const attempt_site& site);

/// Takes everything in `outputs` into the artifact store, by name.
[[nodiscard]] result<std::vector<workflows::artifact_ref>>
collect_outputs(const attempt_site& site, const std::filesystem::path& outputs);

/// The output that becomes the iteration's version: `model` or `model.*`.
[[nodiscard]] const workflows::artifact_ref*
find_model(const std::vector<workflows::artifact_ref>& artifacts);

/// Runs a stage that is a function: the user's, or the engine's own for
/// data sets and gates.
[[nodiscard]] attempt_report run_function(const attempt_site& site);

/// Starts a command, or finds what became of it if the order is resumed.
/// `started` in the report: it runs, watch it.
[[nodiscard]] attempt_report start_command(const attempt_site& site);

/// Takes in what a command that has ended left behind.
[[nodiscard]] attempt_report
finish_command(const attempt_site& site, const process::attempt_status& end);

/// Removes what an attempt was given and what it made; what the engine keeps of
/// it, its log above all, stays. For attempts whose outputs are recorded, or
/// who made none: until then a restart collects them once more.
void discard_files(const std::filesystem::path& attempt_directory);

/// The file whose touch is a command's sign of life.
[[nodiscard]] std::filesystem::path
heartbeat_path(const std::filesystem::path& attempt_directory);

/// What a command gets to know by its environment (docs/guide.md).
[[nodiscard]] result<std::map<std::string, std::string>>
command_variables(const attempt_site& site);

} // namespace ratchet::actors::detail
