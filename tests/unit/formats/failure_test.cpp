#include "formats/failure.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

using namespace ratchet;
using namespace std::chrono_literals;
using formats::read_failure_file;

namespace {

class failure_file {
public:
  failure_file() {
    std::string name =
      (std::filesystem::temp_directory_path() / "ratchet-failure-XXXXXX")
        .string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory_ = name;
  }
  ~failure_file() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  failure_file(const failure_file&) = delete;
  failure_file& operator=(const failure_file&) = delete;

  [[nodiscard]] auto read() const {
    return read_failure_file(directory_ / "error.json");
  }
  [[nodiscard]] auto read(const std::string& text) const {
    std::ofstream{directory_ / "error.json"} << text;
    return read();
  }

private:
  std::filesystem::path directory_;
};

} // namespace

TEST_CASE("a command says how it failed", "[formats][failure]") {
  const failure_file file;
  CHECK(*file.read() == std::nullopt);
  using formats::declared_failure;
  CHECK(
    *file.read(R"({"code": "bad_data", "message": "row 7", "retry_after": 1.5,)"
               R"( "x": []})") ==
    declared_failure{"bad_data", "row 7", 1500ms});
  CHECK(
    *file.read(R"({"code": "E-1.2"})") == declared_failure{"E-1.2", "", 0ms});
}

TEST_CASE("a long message is cut between characters", "[formats][failure]") {
  const failure_file file;
  std::string message(formats::longest_failure_message - 1, 'x');
  const auto read =
    file.read(R"({"code": "a", "message": ")" + message + "\xC3\xA4\"}");
  REQUIRE(read);
  CHECK((*read)->message == message);
}

TEST_CASE("a bad error.json is named", "[formats][failure]") {
  const failure_file file;
  const auto* const text = GENERATE(
    "", "no json", "[]", R"({"message": "m"})", R"({"code": 7})",
    R"({"code": ""})", R"({"code": "bad data"})",
    R"({"code": "a", "message": 7})", R"({"code": "a", "retry_after": "1"})",
    R"({"code": "a", "retry_after": -1})",
    R"({"code": "a", "retry_after": 1e9})");
  CAPTURE(text);
  const auto read = file.read(text);
  REQUIRE_FALSE(read);
  CHECK(read.err().code == errc::invalid_argument);
  CHECK(read.err().message.find("error.json") == 0);
}

TEST_CASE("a huge error.json is not read", "[formats][failure]") {
  const failure_file file;
  const auto read = file.read(std::string(70'000, ' ') + R"({"code": "a"})");
  REQUIRE_FALSE(read);
  CHECK(read.err().message.find("at most") != std::string::npos);
}
