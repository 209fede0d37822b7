#include "actors/detail/attempt.hpp"

#include "actors/detail/builtin_stages.hpp"
#include "actors/detail/stage_call.hpp"
#include "base/log.hpp"
#include "formats/failure.hpp"
#include "formats/json_writer.hpp"
#include "formats/values.hpp"
#include "storage/artifacts.hpp"
#include "storage/attempt_tokens.hpp"
#include "storage/registry.hpp"

#include <algorithm>
#include <cctype>
#include <exception>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

namespace ratchet::actors::detail {

namespace {

namespace fs = std::filesystem;

error file_error(const fs::path& path, const std::error_code& code) {
  return {errc::io_error, path.string() + ": " + code.message()};
}

/// Files are linked, which costs nothing whatever their size; directories are
/// copied, because the store keeps their files apart.
result<void> link_artifact(
  const services& node, const workflows::artifact_ref& ref,
  const fs::path& target) {
  std::error_code code;
  if (fs::exists(fs::symlink_status(target, code)))
    return {};
  if (ref.name.ends_with('/'))
    return node.artifacts->materialize(ref, target);
  const auto source = node.artifacts->path_of(ref.digest);
  if (!source)
    return source.err();
  fs::create_symlink(fs::absolute(*source), target, code);
  if (code)
    return file_error(target, code);
  return {};
}

/// "model/" -> "model": a directory's reference ends in a slash.
std::string plain_name(const std::string& name) {
  return name.ends_with('/') ? name.substr(0, name.size() - 1) : name;
}

std::string variable_suffix(const std::string& stage) {
  std::string out;
  for (const char c : stage) {
    const auto u = static_cast<unsigned char>(c);
    out += std::isalnum(u) != 0 ? static_cast<char>(std::toupper(u)) : '_';
  }
  return out;
}

/// A failure's message may hold any bytes; a variable ends at a zero.
std::string without_zeros(std::string text) {
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

/// The functions of another definition may do something else under the same
/// name, so they are not called.
attempt_report run_callable(const attempt_site& site, stage_call& call) {
  const auto& name = site.order.stage->name;
  const auto it = site.plan->functions.find(name);
  if (it == site.plan->functions.end())
    return failed(
      {errc::invalid_argument,
       "stage \"" + name + "\" belongs to definition " +
         site.plan->fingerprint + ", but this program hosts " +
         site.loop->plan->fingerprint +
         "; cancel the iteration, or start the program it began with"});
  auto output = it->second(call);
  if (!output) {
    auto report = failed(output.err());
    report.failure->name = call.failure().name;
    report.failure->retry_after = call.failure().retry_after;
    return report;
  }
  attempt_report report;
  report.output.values = std::move(output->values);
  return report;
}

attempt_report run_kind(const attempt_site& site, stage_call& call) {
  switch (site.order.stage->kind) {
  case workflows::stage_kind::callable:
    return run_callable(site, call);
  case workflows::stage_kind::dataset:
    return write_dataset(site, call);
  case workflows::stage_kind::gate:
    return judge_gate(site);
  case workflows::stage_kind::choose:
    return choose_version(site);
  case workflows::stage_kind::command:
  case workflows::stage_kind::promote:
  case workflows::stage_kind::run_loop:
  // The last four only wait, and have no attempts.
  case workflows::stage_kind::approval:
  case workflows::stage_kind::sleep:
  case workflows::stage_kind::wait_signal:
  case workflows::stage_kind::experiment:
    break;
  }
  return failed({errc::invalid_argument, "not a stage that is a function"});
}

attempt_report collected(
  const attempt_site& site, const fs::path& outputs, attempt_report report) {
  auto artifacts = collect_outputs(site, outputs);
  if (!artifacts)
    return failed(artifacts.err());
  report.output.artifacts = std::move(*artifacts);
  // The iteration says when what was made may go: once it is recorded.
  if (report.output.artifacts.empty())
    discard_files(site.directory());
  return report;
}

/// What a command that failed says about it, in its error.json.
void add_own_words(
  const attempt_site& site, workflows::attempt_failure& failure) {
  auto said = formats::read_failure_file(
    process::output_path(site.directory()) / "error.json");
  if (!said) {
    failure.message += " (" + said.err().message + ")";
    return;
  }
  if (!*said)
    return;
  failure.name = std::move((*said)->name);
  failure.retry_after = (*said)->retry_after;
  if (!(*said)->message.empty())
    failure.message += ": " + (*said)->message;
}

result<void> link_all(
  const attempt_site& site,
  const std::vector<workflows::artifact_ref>& artifacts,
  const fs::path& directory) {
  std::error_code code;
  fs::create_directories(directory, code);
  if (code)
    return file_error(directory, code);
  for (const auto& artifact : artifacts)
    if (auto linked = link_artifact(
          *site.node, artifact, directory / plain_name(artifact.name));
        !linked)
      return linked.err();
  return {};
}

/// A directory for each unit that made something, and the account of all.
result<fs::path> link_units(
  const attempt_site& site, const std::string& stage,
  const unit_results& results) {
  const auto directory = site.directory() / "in" / stage;
  if (auto made = link_all(site, {}, directory); !made)
    return made.err();
  for (std::size_t i = 0; i < results.units.size(); ++i) {
    const auto& made = results.units[i].output.artifacts;
    if (made.empty())
      continue;
    if (auto linked = link_all(site, made, directory / std::to_string(i));
        !linked)
      return linked.err();
  }
  const auto account = directory / "items.json";
  std::ofstream out{account, std::ios::binary};
  out << items_json(results);
  if (!out.flush())
    return error{errc::io_error, account.string() + ": cannot be written"};
  return directory;
}

/// What is known of a command that an earlier engine started.
attempt_report resume_command(const attempt_site& site) {
  auto status = process::inspect(site.directory());
  if (!status)
    return failed(status.err());
  if (status->state == process::attempt_state::running) {
    ++site.node->stats->attempts_adopted;
    attempt_report report;
    report.started = true;
    return report;
  }
  if (
    status->state == process::attempt_state::not_started ||
    status->state == process::attempt_state::lost) {
    status = process::declare_lost(site.directory());
    if (!status && status.err().code == errc::conflict) {
      // A wrapper took the lock in between: it lives after all.
      attempt_report report;
      report.started = true;
      return report;
    }
    if (!status)
      return failed(status.err());
  }
  return finish_command(site, *status);
}

/// What the stages before it recorded, as {"stage": {"name": "value"}}. No
/// stage's name begins with a dot.
result<fs::path> write_values(const attempt_site& site) {
  std::string text;
  formats::json_writer to{text};
  to.begin_object();
  for (const auto& [stage, values] : site.order.values) {
    to.key(stage).begin_object();
    for (const auto& [name, value] : values)
      to.field(name, value);
    to.end_object();
  }
  to.end_object();
  const auto path = site.directory() / "in" / ".values.json";
  std::error_code code;
  fs::create_directories(path.parent_path(), code);
  if (code)
    return file_error(path, code);
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << text << '\n';
  file.close();
  if (!file)
    return error{errc::io_error, "cannot write " + path.string()};
  return path;
}

} // namespace

attempt_report failed(const error& e) {
  attempt_report report;
  report.failure = workflows::attempt_failure{e.code, e.message, 0, false};
  return report;
}

result<fs::path>
link_input(const attempt_site& site, const std::string& stage) {
  for (const auto& [name, results] : site.order.joined)
    if (name == stage)
      return link_units(site, stage, *results);
  const auto it = std::find_if(
    site.order.inputs.begin(), site.order.inputs.end(),
    [&](const auto& input) { return input.first == stage; });
  if (it == site.order.inputs.end())
    return error{
      errc::not_found,
      "no outputs of stage \"" + stage +
        "\": it made none, or does not come before \"" +
        site.order.stage->name + "\""};
  const auto directory = site.directory() / "in" / stage;
  if (auto linked = link_all(site, it->second, directory); !linked)
    return linked.err();
  return directory;
}

result<fs::path> link_champion(const attempt_site& site) {
  const auto champion = site.order.start.champion;
  if (champion.value == 0)
    return error{
      errc::not_found,
      "loop \"" + site.loop->name +
        "\" had no champion when "
        "this iteration began"};
  const auto version =
    site.node->registry->version(site.loop->number, champion);
  if (!version)
    return version.err();
  const auto directory = site.directory() / "in" / ".champion";
  std::error_code code;
  fs::create_directories(directory, code);
  if (code)
    return file_error(directory, code);
  auto target = directory / plain_name(version->artifact.name);
  if (auto linked = link_artifact(*site.node, version->artifact, target);
      !linked)
    return linked.err();
  return target;
}

result<std::vector<workflows::artifact_ref>>
collect_outputs(const attempt_site& site, const fs::path& outputs) {
  std::vector<workflows::artifact_ref> found;
  std::error_code code;
  fs::directory_iterator entries{outputs, code};
  if (code == std::errc::no_such_file_or_directory)
    return found;
  if (code)
    return file_error(outputs, code);
  for (const auto& entry : entries) {
    auto ref = entry.is_directory()
      ? site.node->artifacts->put_directory(entry.path())
      : site.node->artifacts->put_file(entry.path());
    if (!ref)
      return ref.err();
    found.push_back(std::move(*ref));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.name < b.name;
  });
  return found;
}

void discard_files(const fs::path& attempt_directory) {
  std::error_code ignored;
  for (const auto* part : {"in", "out", "work"})
    fs::remove_all(attempt_directory / part, ignored);
}

const workflows::artifact_ref*
find_model(const std::vector<workflows::artifact_ref>& artifacts) {
  const auto it =
    std::find_if(artifacts.begin(), artifacts.end(), [](const auto& artifact) {
      const auto name = plain_name(artifact.name);
      return name == "model" || name.starts_with("model.");
    });
  return it == artifacts.end() ? nullptr : &*it;
}

fs::path heartbeat_path(const fs::path& attempt_directory) {
  return attempt_directory / "heartbeat";
}

attempt_report run_function(const attempt_site& site) {
  stage_call call{site};
  attempt_report report;
  try {
    report = run_kind(site, call);
  } catch (const stage_suspended&) {
    report.suspended = call.suspension();
    return report.suspended
      ? report
      : failed(
          {errc::invalid_argument,
           "stage \"" + site.order.stage->name +
             "\" threw stage_suspended itself; only the waits of its context "
             "may"});
  } catch (const std::exception& e) {
    // The user's code may throw whatever it likes; here it becomes a value.
    return failed(
      {errc::io_error, "stage \"" + site.order.unit + "\" threw: " + e.what()});
  } catch (...) {
    return failed(
      {errc::io_error,
       "stage \"" + site.order.unit + "\" threw no std::exception"});
  }
  if (call.suspension())
    return failed(
      {errc::invalid_argument,
       "stage \"" + site.order.stage->name +
         "\" kept what suspends it from leaving its function; let "
         "stage_suspended pass, or throw it again"});
  if (report.failure || !call.touched_disk())
    return report;
  return collected(site, call.output_dir(), std::move(report));
}

result<std::map<std::string, std::string>>
command_variables(const attempt_site& site) {
  std::map<std::string, std::string> env = site.order.stage->env;
  env["RATCHET_URL"] = site.node->url;
  env["RATCHET_LOOP"] = site.loop->name;
  env["RATCHET_ITERATION"] = std::to_string(site.order.start.number.value);
  env["RATCHET_STAGE"] = site.order.stage->name;
  env["RATCHET_ATTEMPT"] = site.order.id;
  env["RATCHET_ATTEMPT_TOKEN"] =
    storage::attempt_token(*site.node->secret, site.order.id);
  env["RATCHET_OUTPUT"] = process::output_path(site.directory()).string();
  env["RATCHET_HEARTBEAT"] = heartbeat_path(site.directory()).string();
  if (site.order.ending) {
    env["RATCHET_OUTCOME"] = std::string{to_string(site.order.ending->outcome)};
    env["RATCHET_REASON"] = without_zeros(site.order.ending->reason);
  }
  if (site.order.item) {
    env["RATCHET_ITEM"] = site.order.item->value;
    env["RATCHET_ITEM_INDEX"] = std::to_string(site.order.item->index);
  }
  std::vector<std::string> stages;
  for (const auto& [stage, artifacts] : site.order.inputs)
    stages.push_back(stage);
  for (const auto& [stage, results] : site.order.joined)
    stages.push_back(stage);
  for (const auto& stage : stages) {
    const auto directory = link_input(site, stage);
    if (!directory)
      return directory.err();
    env["RATCHET_INPUT_" + variable_suffix(stage)] = directory->string();
  }
  if (!site.order.values.empty()) {
    const auto values = write_values(site);
    if (!values)
      return values.err();
    env["RATCHET_VALUES"] = values->string();
  }
  if (site.order.start.champion.value != 0) {
    const auto champion = link_champion(site);
    if (!champion)
      return champion.err();
    env["RATCHET_CHAMPION"] = champion->string();
    env["RATCHET_CHAMPION_VERSION"] =
      std::to_string(site.order.start.champion.value);
  }
  return env;
}

attempt_report start_command(const attempt_site& site) {
  if (site.order.resumed)
    return resume_command(site);
  auto env = command_variables(site);
  if (!env)
    return failed(env.err());
  const process::command_spec spec{
    .argv = site.order.stage->argv, .env = std::move(*env)};
  const auto started =
    process::start(site.directory(), spec, site.node->wrapper_program);
  attempt_report report;
  report.started = true;
  if (started || started.err().code == errc::already_exists)
    return report;
  if (started.err().code == errc::timed_out) {
    // A wrapper may still come: end it for good, so that none runs beside
    // the next attempt.
    if (auto lost = process::declare_lost(site.directory()); !lost)
      return report;
  }
  return failed(started.err());
}

attempt_report
finish_command(const attempt_site& site, const process::attempt_status& end) {
  attempt_report report;
  if (end.succeeded()) {
    const auto outputs = process::output_path(site.directory());
    auto values = formats::read_values_file(outputs / "values.json");
    if (!values)
      return failed(values.err());
    report.output.values = std::move(*values);
    return collected(site, outputs, std::move(report));
  }
  report.failure = workflows::attempt_failure{
    .code = errc::io_error,
    .message = "stage \"" + site.order.unit + "\": " + process::describe(end)};
  if (end.state == process::attempt_state::start_failed)
    report.failure->code = errc::invalid_argument;
  if (end.state == process::attempt_state::exited && end.signal == 0)
    report.failure->exit_code = end.exit_code;
  if (end.state == process::attempt_state::exited)
    add_own_words(site, *report.failure);
  if (end.state == process::attempt_state::lost) {
    ++site.node->stats->attempts_lost;
    report.failure->code = errc::unavailable;
    report.failure->lost = true;
  }
  return report;
}

} // namespace ratchet::actors::detail
