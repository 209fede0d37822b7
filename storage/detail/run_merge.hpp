#pragma once

#include "base/result.hpp"
#include "storage/detail/index_run.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace ratchet::storage::detail {

using run_list = std::vector<std::shared_ptr<index_run>>;

/// Makes one run of several neighbors in age, in steps, so that the thread
/// that does it can see to more urgent work in between.
class run_merge {
public:
  /// Entries for which `keep(place)` is false are left out.
  [[nodiscard]] static result<std::unique_ptr<run_merge>> start(
    run_list inputs, const std::filesystem::path& output,
    std::function<bool(std::uint64_t place)> keep);

  /// Moves on by about `entries`; true while there is more.
  /// Errors: `corruption` of an input, `io_error`.
  [[nodiscard]] result<bool> step(std::size_t entries);
  /// After the last step: the output is complete and durable.
  [[nodiscard]] result<void> finish() { return output_.finish(); }

  [[nodiscard]] const run_list& inputs() const { return runs_; }

private:
  struct input {
    const index_run* run;
    std::uint64_t next_page = 0;
    std::size_t at = 0;
    index_page page;
  };

  run_merge(
    run_list inputs, index_run_writer output,
    std::function<bool(std::uint64_t place)> keep);
  /// Loads the next page; drops the input at its end.
  [[nodiscard]] result<void> refill(std::size_t which);

  run_list runs_;
  std::vector<std::unique_ptr<input>> open_;
  index_run_writer output_;
  std::function<bool(std::uint64_t place)> keep_;
};

} // namespace ratchet::storage::detail
