#include "actors/detail/attempt.hpp"

#include "storage/artifacts.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <unistd.h>

using namespace ratchet;
using ratchet::actors::services;

namespace fs = std::filesystem;

namespace {

/// A directory with a store in it, and one attempt's order.
struct attempt_fixture {
  attempt_fixture() {
    fs::remove_all(directory);
    fs::create_directories(directory / "attempts");
    store.emplace(storage::artifact_store::open(directory).value());
    node.artifacts = &*store;
    node.attempts_dir = directory / "attempts";
    stage.name = "train";
    site.node = &node;
    site.order.id = "digits.1.train.1";
    site.order.stage = &stage;
  }
  ~attempt_fixture() { fs::remove_all(directory); }
  attempt_fixture(const attempt_fixture&) = delete;
  attempt_fixture& operator=(const attempt_fixture&) = delete;

  void output(const std::string& name, const std::string& text) const {
    const auto outputs = process::output_path(site.directory());
    fs::create_directories(outputs);
    std::ofstream file{outputs / name};
    file << text;
  }

  fs::path directory = fs::temp_directory_path() /
    ("ratchet-attempt-" + std::to_string(::getpid()));
  std::optional<storage::artifact_store> store;
  services node;
  workflows::stage_definition stage;
  actors::detail::attempt_site site;
};

process::attempt_status success() {
  process::attempt_status end;
  end.state = process::attempt_state::exited;
  return end;
}

} // namespace

// An engine may be killed after it has collected an attempt's outputs and
// before its iteration has recorded them: the next one asks again.
TEST_CASE_METHOD(
  attempt_fixture, "outputs are collected again until they are recorded",
  "[actors][attempt]") {
  output("model.txt", "weights");
  output("values.json", R"({"loss": 0.5})");
  const auto first = actors::detail::finish_command(site, success());
  REQUIRE_FALSE(first.failure);
  REQUIRE(actors::detail::find_model(first.output.artifacts) != nullptr);
  const auto again = actors::detail::finish_command(site, success());
  CHECK(again.output == first.output);

  actors::detail::discard_files(site.directory());
  CHECK_FALSE(fs::exists(process::output_path(site.directory())));
}

TEST_CASE_METHOD(
  attempt_fixture, "an attempt that made nothing leaves nothing behind",
  "[actors][attempt]") {
  fs::create_directories(process::output_path(site.directory()));
  CHECK(
    actors::detail::finish_command(site, success()).output.artifacts.empty());
  CHECK_FALSE(fs::exists(process::output_path(site.directory())));
}
