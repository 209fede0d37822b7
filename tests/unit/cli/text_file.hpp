#pragma once

#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace ratchet::cli {

/// A new file for a verb to read, gone in the end.
class text_file {
public:
  explicit text_file(const std::string& text = {}) {
    path_ =
      (std::filesystem::temp_directory_path() / "ratchet-cli-XXXXXX").string();
    const int fd = mkstemp(path_.data());
    REQUIRE(fd >= 0);
    close(fd);
    write(text);
  }
  ~text_file() { unlink(path_.c_str()); }
  text_file(const text_file&) = delete;
  text_file& operator=(const text_file&) = delete;

  void write(const std::string& text) const {
    std::ofstream{path_, std::ios::binary} << text;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
};

} // namespace ratchet::cli
