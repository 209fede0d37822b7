#pragma once

#include "actors/client.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

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

} // namespace ratchet::actors
