#pragma once

#include "base/result.hpp"
#include "storage/write_batch.hpp"

#include <cstdint>
#include <string>

namespace ratchet::test {

/// On which side of a write the process dies.
enum class moment : std::uint8_t { never, before, after };

/// Ends the process with SIGKILL at one of the journal's writes, and keeps the
/// number of writes so far in a file, for whoever counts them.
class killing_log final : public storage::commit_log {
public:
  struct plan {
    moment when = moment::never;
    std::uint64_t write = 0; ///< From 1.
    std::string count_file;
  };

  killing_log(storage::commit_log& store, plan order);
  ~killing_log() override;
  killing_log(const killing_log&) = delete;
  killing_log& operator=(const killing_log&) = delete;

  [[nodiscard]] result<void> commit(const storage::write_batch& batch) override;

private:
  storage::commit_log& store_;
  plan plan_;
  std::uint64_t writes_ = 0;
};

} // namespace ratchet::test
