#pragma once

#include "actors/client.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// What actors show to other threads: small, copied out, never waited for.

namespace ratchet::actors {

/// Who serves which loop now. Written by supervisors, after the commit.
class assignment_board {
public:
  [[nodiscard]] std::shared_ptr<const assignment_table> read() const {
    return table_.load();
  }

  void set(const std::string& loop, served_version served) {
    const std::lock_guard lock{writers_};
    auto next = std::make_shared<assignment_table>(*table_.load());
    next->insert_or_assign(loop, std::move(served));
    table_.store(std::move(next));
  }

private:
  std::mutex writers_;
  std::atomic<std::shared_ptr<const assignment_table>> table_{
    std::make_shared<const assignment_table>()};
};

/// How far running attempts are. Lost with the process: progress is a courtesy
/// to people, nothing is decided on it.
class progress_board {
public:
  using stages = std::map<std::string, attempt_progress>;

  void set(
    const std::string& loop, iteration_number iteration,
    const std::string& stage, attempt_progress progress) {
    const std::lock_guard lock{mutex_};
    running_[{loop, iteration}][stage] = std::move(progress);
  }

  /// Forgets a stage that no longer runs.
  void clear(
    const std::string& loop, iteration_number iteration,
    const std::string& stage) {
    const std::lock_guard lock{mutex_};
    const auto it = running_.find({loop, iteration});
    if (it == running_.end())
      return;
    it->second.erase(stage);
    if (it->second.empty())
      running_.erase(it);
  }

  [[nodiscard]] stages
  read(const std::string& loop, iteration_number iteration) const {
    const std::lock_guard lock{mutex_};
    const auto it = running_.find({loop, iteration});
    return it == running_.end() ? stages{} : it->second;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, iteration_number>, stages> running_;
};

/// The node's slots. Written by the actor that gives them.
class slot_board {
public:
  void set(std::vector<workflows::pool_view> pools) {
    const std::lock_guard lock{mutex_};
    pools_ = std::move(pools);
  }
  [[nodiscard]] std::vector<workflows::pool_view> read() const {
    const std::lock_guard lock{mutex_};
    return pools_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<workflows::pool_view> pools_;
};

/// Counts signs of life of running attempts; whoever looks compares with the
/// count before, so nobody's clock matters.
class heartbeat_board {
public:
  using counter = std::shared_ptr<std::atomic<std::uint64_t>>;

  void open(const std::string& attempt, counter beats) {
    const std::lock_guard lock{mutex_};
    running_[attempt] = std::move(beats);
  }
  void close(const std::string& attempt) {
    const std::lock_guard lock{mutex_};
    running_.erase(attempt);
  }
  /// False if the attempt does not run here.
  bool beat(const std::string& attempt) {
    const std::lock_guard lock{mutex_};
    const auto it = running_.find(attempt);
    if (it == running_.end())
      return false;
    ++*it->second;
    return true;
  }

private:
  std::mutex mutex_;
  std::map<std::string, counter> running_;
};

} // namespace ratchet::actors
