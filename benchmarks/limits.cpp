#include "benchmarks/limits.hpp"

#include "actors/client.hpp"
#include "api/service.hpp"
#include "benchmarks/load_client.hpp"
#include "storage/artifacts.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "storage/registry.hpp"
#include "storage/store.hpp"

#include <rocksdb/db.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ratchet::benchmarks {

namespace {

using steady = std::chrono::steady_clock;

double since(steady::time_point start) {
  return std::chrono::duration<double>(steady::now() - start).count();
}

/// Appends `size` bytes and syncs, again and again; operations per second.
double append_rate(
  const std::filesystem::path& file, std::size_t size, bool sync,
  double seconds) {
  const int out =
    ::open(file.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  const std::string bytes(size, 'x');
  std::uint64_t count = 0;
  const auto start = steady::now();
  while (since(start) < seconds) {
    if (::write(out, bytes.data(), bytes.size()) < 0)
      std::perror("write");
    if (sync)
      ::fdatasync(out);
    ++count;
  }
  ::fdatasync(out);
  const auto rate = static_cast<double>(count) / since(start);
  ::close(out);
  return rate;
}

/// The parts of a node that the events route needs; everything is accepted
/// and nothing is kept.
class null_node final : public actors::client {
public:
  explicit null_node(const std::filesystem::path& directory) {
    auto store = storage::store::open({.directory = directory / "shard-0"});
    auto artifacts = storage::artifact_store::open(directory);
    if (!store || !artifacts)
      std::exit(1);
    store_ = std::move(*store);
    artifacts_ =
      std::make_unique<storage::artifact_store>(std::move(*artifacts));
    journal_ = std::make_unique<storage::loop_journal>(*store_);
    registry_ = std::make_unique<storage::registry>(*store_);
    auto history = storage::history::open(*store_);
    if (!history)
      std::exit(1);
    history_ = std::move(*history);
    auto definition = bench_loop().definition();
    loops_.emplace(definition.name, std::move(definition));
  }

  const std::map<std::string, workflows::loop_definition, std::less<>>&
  loops() const override {
    return loops_;
  }
  void append(
    storage::event_batch batch,
    std::function<void(result<storage::append_outcome>)> done) override {
    storage::append_outcome outcome;
    outcome.accepted = batch.slots.size();
    done(std::move(outcome));
  }
  void request(
    actors::operator_request,
    std::function<void(result<actors::operator_answer>)> done) override {
    done(error{errc::unavailable, "this node keeps nothing"});
  }
  std::shared_ptr<const actors::assignment_table> assignments() const override {
    return std::make_shared<actors::assignment_table>();
  }
  std::map<std::string, actors::attempt_progress>
  progress(const std::string&, iteration_number) const override {
    return {};
  }
  std::vector<workflows::pool_view> slots() const override { return {}; }
  result<void> heartbeat(const std::string&) override { return {}; }
  std::filesystem::path attempt_log(const std::string&) const override {
    return {};
  }
  std::optional<error> not_ready() const override { return std::nullopt; }
  const storage::store& store() const override { return *store_; }
  const storage::history& history() const override { return *history_; }
  const storage::loop_journal& journal() const override { return *journal_; }
  const storage::registry& registry() const override { return *registry_; }
  storage::artifact_store& artifacts() override { return *artifacts_; }
  const actors::node_stats& stats() const override { return stats_; }

private:
  std::unique_ptr<storage::store> store_;
  std::unique_ptr<storage::artifact_store> artifacts_;
  std::unique_ptr<storage::loop_journal> journal_;
  std::unique_ptr<storage::registry> registry_;
  std::unique_ptr<storage::history> history_;
  std::map<std::string, workflows::loop_definition, std::less<>> loops_;
  actors::node_stats stats_;
};

} // namespace

void print_disk_limits(double seconds) {
  const scratch_directory directory;
  const auto fsyncs =
    append_rate(directory.path() / "small", 400, true, seconds);
  constexpr std::size_t megabyte = std::size_t{1} << 20U;
  const auto megabytes =
    append_rate(directory.path() / "large", megabyte, false, seconds);
  std::printf(
    R"({"bench":"ingest","case":"disk","fsyncs_per_second":%.0f,)"
    R"("fsync_ms":%.3f,"sequential_mb_per_second":%.0f})"
    "\n",
    fsyncs, 1000 / fsyncs, megabytes);
  std::fflush(stdout);
}

void print_rocksdb_alone(double seconds) {
  const auto value = event_line("bench", 900'000'000'000ULL);
  for (const unsigned group : {1U, 64U, 100U, 800U, 8000U}) {
    const scratch_directory directory;
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    if (!rocksdb::DB::Open(options, directory.path().string(), &opened).ok())
      std::exit(1);
    const std::unique_ptr<rocksdb::DB> db{opened};
    rocksdb::WriteOptions durable;
    durable.sync = true;
    std::uint64_t count = 0;
    const auto start = steady::now();
    while (since(start) < seconds) {
      rocksdb::WriteBatch batch;
      for (unsigned i = 0; i < group; ++i)
        (void)batch.Put(std::to_string(1'000'000'000'000ULL + count++), value);
      if (!db->Write(durable, &batch).ok())
        std::exit(1);
    }
    std::printf(
      R"({"bench":"ingest","case":"rocksdb_alone","group_events":%u,)"
      R"("events_per_second":%.0f})"
      "\n",
      group, static_cast<double>(count) / since(start));
    std::fflush(stdout);
  }
}

server_process::serve_function storeless() {
  return [](const std::function<void(std::uint16_t)>& ready) {
    const scratch_directory directory;
    null_node node{directory.path()};
    api::service service{node, {}};
    auto server = api::http_server::start({}, service, service.pool());
    if (!server)
      std::exit(1);
    ready((*server)->port());
    (*server)->stop();
  };
}

} // namespace ratchet::benchmarks
