#pragma once

#include "actors/client.hpp"
#include "storage/artifacts.hpp"
#include "storage/event_codec.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "storage/registry.hpp"
#include "storage/store.hpp"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ratchet::test {

/// A directory of its own, removed in the end.
class temp_directory {
public:
  temp_directory() {
    static std::atomic<int> made{0};
    path_ = std::filesystem::temp_directory_path() /
      ("ratchet-api-" + std::to_string(::getpid()) + "-" +
       std::to_string(made++));
    std::filesystem::create_directories(path_);
  }
  ~temp_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temp_directory(const temp_directory&) = delete;
  temp_directory& operator=(const temp_directory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

/// "digits": thumbs and corrections, a trainer, a gate, a promotion.
inline workflows::loop_definition digits_loop() {
  workflows::loop_definition loop;
  loop.name = "digits";
  loop.channels = {
    {"verdict", workflows::value_type::boolean, {}, {}, {}},
    {"correction", workflows::value_type::category, {"0", "1", "2"}, {}, {}}};
  loop.metrics = {{"accuracy", "verdict", true}};
  loop.slice_by = {"device"};
  workflows::trigger_condition count;
  count.kind = workflows::condition_kind::feedback_count;
  count.channel = "correction";
  count.count = 300;
  loop.trigger.condition = count;
  workflows::stage_definition train;
  train.name = "train";
  train.argv = {"python3", "train.py"};
  train.env = {{"SECRET", "hush"}};
  workflows::stage_definition gate;
  gate.name = "gate";
  gate.kind = workflows::stage_kind::gate;
  gate.gate.metric = "accuracy";
  gate.after = {"train"};
  gate.when = workflows::stage_condition{
    workflows::predicate_kind::number,
    "train",
    "accuracy",
    workflows::comparison::at_least,
    0.9,
    "",
    {}};
  workflows::stage_definition notify;
  notify.name = "notify";
  notify.argv = {"notify"};
  loop.stages = {train, gate};
  loop.cleanup = {{workflows::cleanup_kind::on_failure, "", notify}};
  loop.keep.age = std::chrono::hours{48};
  return loop;
}

/// A node without actors: real storage below, and a journal that commits when
/// the test says so.
class fake_node final : public actors::client {
public:
  using append_done = std::function<void(result<storage::append_outcome>)>;

  fake_node() {
    store_ = std::move(*storage::store::open({directory_.path() / "db"}));
    artifacts_ = std::make_unique<storage::artifact_store>(
      std::move(*storage::artifact_store::open(directory_.path())));
    journal_ = std::make_unique<storage::loop_journal>(*store_);
    registry_ = std::make_unique<storage::registry>(*store_);
    loops_.emplace("digits", digits_loop());
    auto other = digits_loop();
    other.name = "other";
    loops_.emplace("other", other);
    storage::write_batch batch;
    numbers_ = *journal_->register_loops(batch, {"digits", "other"});
    for (const auto& [name, loop] : loops_)
      storage::put_definition(
        batch, number(name), workflows::fingerprint(loop), loop);
    commit(batch);
    open_history();
  }

  // What a test sets up ------------------------------------------------------

  [[nodiscard]] loop_number number(const std::string& loop) const {
    return numbers_[loop == "digits" ? 0 : 1];
  }
  workflows::loop_definition& definition(const std::string& loop) {
    return loops_.at(loop);
  }
  void commit(const storage::write_batch& batch) {
    if (!store_->commit(batch))
      std::abort();
  }
  /// As a start of the engine does: what `commit` registered is known then.
  void open_history() {
    history_.reset();
    history_ = std::move(*storage::history::open(*store_));
  }
  void serve(const std::string& loop, actors::served_version version) {
    auto table = *std::atomic_load(&assignments_);
    table[loop] = std::move(version);
    std::atomic_store(
      &assignments_,
      std::make_shared<const actors::assignment_table>(std::move(table)));
  }

  /// Appends wait until `release` calls them.
  std::atomic<bool> hold{false};
  /// If set, appends and requests fail with it.
  std::optional<error> failure;
  std::optional<error> unready;
  std::vector<actors::operator_request> requests;
  actors::operator_answer answer;
  std::map<std::string, actors::attempt_progress> running;
  std::set<std::string> alive; ///< Attempts, by id.
  std::vector<workflows::pool_view> pools{{"", 16, 0, 0}};

  [[nodiscard]] std::size_t held() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  /// Waits for `count` held appends, then answers them, the last first.
  void release(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(
      lock, std::chrono::seconds{10}, [&] { return held_.size() >= count; });
    auto all = std::move(held_);
    held_.clear();
    lock.unlock();
    for (auto at = all.rbegin(); at != all.rend(); ++at)
      at->second(keep(std::move(at->first)));
  }

  // actors::client -----------------------------------------------------------

  const std::map<std::string, workflows::loop_definition, std::less<>>&
  loops() const override {
    return loops_;
  }

  void append(storage::event_batch batch, append_done done) override {
    if (failure)
      return done(*failure);
    if (!hold)
      return done(keep(std::move(batch)));
    const std::lock_guard lock(mutex_);
    held_.emplace_back(std::move(batch), std::move(done));
    changed_.notify_all();
  }

  void request(
    actors::operator_request request,
    std::function<void(result<actors::operator_answer>)> done) override {
    {
      const std::lock_guard lock(mutex_);
      requests.push_back(std::move(request));
    }
    failure ? done(*failure) : done(answer);
  }

  std::shared_ptr<const actors::assignment_table> assignments() const override {
    return std::atomic_load(&assignments_);
  }
  std::map<std::string, actors::attempt_progress>
  progress(const std::string&, iteration_number) const override {
    return running;
  }
  std::vector<workflows::pool_view> slots() const override { return pools; }
  result<void> heartbeat(const std::string& id) override {
    if (alive.contains(id))
      return {};
    return error{errc::not_found, "no attempt " + id};
  }
  result<void> report_progress(
    const std::string& id, actors::attempt_progress progress) override {
    if (!alive.contains(id))
      return error{errc::not_found, "no attempt " + id};
    running[id] = std::move(progress);
    return {};
  }
  bool
  is_attempt_token(std::string_view id, std::string_view token) const override {
    return token == "token of " + std::string{id};
  }
  std::filesystem::path attempt_log(const std::string& id) const override {
    return directory_.path() / (id + ".log");
  }
  std::optional<error> not_ready() const override { return unready; }
  const storage::store& store() const override { return *store_; }
  const storage::history& history() const override { return *history_; }
  const storage::loop_journal& journal() const override { return *journal_; }
  const storage::registry& registry() const override { return *registry_; }
  storage::artifact_store& artifacts() override { return *artifacts_; }
  const actors::node_stats& stats() const override { return stats_; }

private:
  /// What the journal does, without its thread.
  result<storage::append_outcome> keep(storage::event_batch batch) {
    const std::lock_guard lock(mutex_);
    auto outcome = history_->stage(std::move(batch));
    if (!outcome)
      return outcome;
    storage::write_batch group;
    history_->seal(group);
    if (auto stored = store_->commit(group); !stored) {
      history_->abandoned();
      return stored.err();
    }
    history_->committed();
    stats_.events_accepted += outcome->accepted;
    stats_.events_duplicate += outcome->duplicates;
    return outcome;
  }

  temp_directory directory_;
  std::unique_ptr<storage::store> store_;
  std::unique_ptr<storage::history> history_;
  std::unique_ptr<storage::artifact_store> artifacts_;
  std::unique_ptr<storage::loop_journal> journal_;
  std::unique_ptr<storage::registry> registry_;
  std::map<std::string, workflows::loop_definition, std::less<>> loops_;
  std::vector<loop_number> numbers_;
  std::shared_ptr<const actors::assignment_table> assignments_ =
    std::make_shared<const actors::assignment_table>();
  actors::node_stats stats_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<storage::event_batch, append_done>> held_;
};

} // namespace ratchet::test
