#include "formats/values.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace ratchet;
using formats::read_values_file;

namespace {

class values_file {
public:
  values_file() {
    std::string name =
      (std::filesystem::temp_directory_path() / "ratchet-values-XXXXXX")
        .string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory_ = name;
  }
  ~values_file() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  values_file(const values_file&) = delete;
  values_file& operator=(const values_file&) = delete;

  [[nodiscard]] auto read() const {
    return read_values_file(directory_ / "values.json");
  }
  [[nodiscard]] auto read(const std::string& text) const {
    std::ofstream{directory_ / "values.json"} << text;
    return read();
  }

private:
  std::filesystem::path directory_;
};

} // namespace

TEST_CASE_METHOD(
  values_file, "a command's values are texts, numbers and booleans",
  "[values]") {
  CHECK(read().value().empty());
  CHECK(read("{}").value().empty());
  CHECK(
    read(
      R"({"accuracy":0.93,"rows":2500,"mode":"full","early":false,"x":-1e-3})")
      .value() ==
    std::map<std::string, std::string>{
      {"accuracy", "0.93"},
      {"rows", "2500"},
      {"mode", "full"},
      {"early", "false"},
      {"x", "-0.001"}});
}

TEST_CASE_METHOD(
  values_file, "what is no flat object of values is refused by name",
  "[values]") {
  const auto refused = [&](const std::string& text) {
    const auto values = read(text);
    REQUIRE_FALSE(values);
    CHECK(values.err().code == errc::invalid_argument);
    return values.err().message;
  };
  CHECK(refused("{\"a\":") == "values.json: malformed JSON at byte 5");
  CHECK(refused("{\"a\":NaN}").starts_with("values.json: malformed JSON"));
  CHECK(
    refused("[1]") ==
    "values.json: is no object; write {\"name\": value, ...}");
  CHECK(
    refused(R"({"a":{"b":1}})") ==
    "values.json: \"a\" is neither text, number nor boolean; write one of "
    "them");
  CHECK_FALSE(read(R"({"a":null})"));
  CHECK(
    refused(R"({"":1})") == "values.json: a name has 0 bytes; use 1 to 1024");
  CHECK(
    refused("{\"a\":\"" + std::string(1025, 'x') + "\"}") ==
    "values.json: \"a\" has 1025 bytes; write long texts to a file of their "
    "own");
  std::string many = "{\"a\":1";
  for (int i = 0; i < 100; ++i)
    many += ",\"b" + std::to_string(i) + "\":1";
  CHECK(refused(many + "}") == "values.json: has 101 members; use at most 100");
  CHECK(
    refused(std::string(300'000, ' ')) ==
    "values.json: has 300000 bytes; use at most 262144");
}
