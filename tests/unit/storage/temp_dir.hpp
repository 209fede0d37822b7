#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace ratchet::test {

/// A directory of this test's own, gone afterwards.
class temp_dir {
public:
  temp_dir() {
    static std::atomic<int> count = 0;
    path_ = std::filesystem::temp_directory_path() /
      ("ratchet-storage-" + std::to_string(getpid()) + "-" +
       std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  ~temp_dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temp_dir(const temp_dir&) = delete;
  temp_dir& operator=(const temp_dir&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace ratchet::test
