#include "cli/config.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

using namespace ratchet;
using namespace ratchet::cli;

namespace {

struct place {
  std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::path root;

  place() {
    auto name =
      (std::filesystem::temp_directory_path() / "ratchet-config-XXXXXX")
        .string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    root = name;
    std::filesystem::create_directories(root / "project");
    std::filesystem::create_directories(root / "xdg" / "ratchet");
    std::filesystem::current_path(root / "project");
  }
  ~place() {
    std::filesystem::current_path(before);
    std::filesystem::remove_all(root);
  }
  void project(const std::string& text) const {
    std::ofstream{root / "project" / "ratchet.toml"} << text;
  }
  void user(const std::string& text) const {
    std::ofstream{root / "xdg" / "ratchet" / "config.toml"} << text;
  }

  std::map<std::string, std::string> variables;
  [[nodiscard]] get_environment env() const {
    auto all = variables;
    all["XDG_CONFIG_HOME"] = (root / "xdg").string();
    return [all](const std::string& name) -> std::optional<std::string> {
      const auto found = all.find(name);
      if (found == all.end())
        return std::nullopt;
      return found->second;
    };
  }
};

} // namespace

TEST_CASE("environment beats project file beats user's file", "[cli]") {
  place here;
  here.user("url = 'user'\noutput = 'json'\ncolor = 'never'\n");
  here.project("url = 'project'\noutput = 'name'\n");
  here.variables["RATCHET_URL"] = "environment";
  const auto all = gather_settings(here.env(), std::nullopt);
  REQUIRE(all.ok());
  CHECK(all->at("url") == setting{"environment", "RATCHET_URL"});
  CHECK(all->at("output") == setting{"name", "ratchet.toml:2"});
  CHECK(all->at("color").value == "never");
  CHECK(all->count("slots") == 0);
}

TEST_CASE("a named configuration file replaces the others", "[cli]") {
  place here;
  here.project("url = 'project'\ncolor = 'never'\n");
  std::ofstream{here.root / "own.toml"} << "url = 'own'\n";
  const auto all =
    gather_settings(here.env(), (here.root / "own.toml").string());
  REQUIRE(all.ok());
  CHECK(all->at("url").value == "own");
  CHECK(all->count("color") == 0);
  const auto missing =
    gather_settings(here.env(), (here.root / "none.toml").string());
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.err().code == errc::not_found);
}

TEST_CASE("settings are a small part of TOML", "[cli]") {
  const auto read = read_settings(
    "# a comment\r\n\n"
    "url = \"http://a\\\"b\\\\\" # why\r\n"
    "  threads=4\n"
    "data = 'C:\\x'\n",
    "f");
  REQUIRE(read.ok());
  CHECK(read->at("url") == setting{"http://a\"b\\", "f:3"});
  CHECK(read->at("threads").value == "4");
  CHECK(read->at("data").value == "C:\\x");
}

TEST_CASE("a mistake in a settings file names its line", "[cli]") {
  const auto refused = [](const char* text) {
    const auto read = read_settings(text, "f");
    REQUIRE_FALSE(read.ok());
    CHECK(read.err().code == errc::invalid_argument);
    return read.err().message;
  };
  CHECK(refused("\nurl = \"open\n").starts_with("f:2: expected"));
  CHECK(refused("url = bare").starts_with("f:1: expected"));
  CHECK(refused("url = 'a' 'b'").starts_with("f:1: expected"));
  CHECK(refused("[server]").starts_with("f:1: expected"));
  CHECK(refused("uri = 'a'").starts_with("f:1: unknown setting \"uri\""));
  CHECK(refused("url = 'a'\nurl = 'b'") == "f:2: \"url\" is set twice");
}
