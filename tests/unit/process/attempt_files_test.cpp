#include "fixture.hpp"
#include "process/detail/attempt_files.hpp"

using namespace ratchet;
using namespace ratchet::process;
using namespace ratchet::process::detail;

namespace {

attempt_status some_end() {
  attempt_status status;
  status.state = attempt_state::start_failed;
  status.message = "two\nlines";
  status.started = from_ms(1'700'000'000'000);
  status.ended = from_ms(1'700'000'000'250);
  status.log_dropped_bytes = 1ULL << 40U;
  return status;
}

} // namespace

TEST_CASE("a spec keeps any bytes of its arguments", "[process]") {
  const resolved_command command{
    {"python3", "", "a\nb: c", "end"},
    {{"A", "x=y"}, {"B", ""}},
    "/tmp/a b",
    77,
    duration{5}};
  const auto read = decode_command(encode(command));
  REQUIRE(read.ok());
  CHECK(read->argv == command.argv);
  CHECK(read->env == command.env);
  CHECK(read->directory == command.directory);
  CHECK(read->log_cap_bytes == 77);
  CHECK(read->linger == duration{5});
}

TEST_CASE("an end marker's bytes are those that were released", "[process]") {
  // Written by version 1, by hand but for the checksum.
  const std::string text =
    "ratchet-exit 1\nstate 12:start_failed\nexit_code 1:0\nsignal 1:0\n"
    "message 9:two\nlines\nstarted_ms 13:1700000000000\n"
    "ended_ms 13:1700000000250\nlog_dropped_bytes 13:1099511627776\n";
  const auto encoded = encode(some_end());
  CHECK(encoded.substr(0, encoded.rfind("crc ")) == text);
  CHECK(decode_status(encoded).value() == some_end());
}

TEST_CASE("a marker that is cut or changed anywhere is corrupt", "[process]") {
  const auto whole = encode(some_end());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const auto cut = decode_status(whole.substr(0, i));
    REQUIRE_FALSE(cut.ok());
    CHECK(cut.err().code == errc::corruption);
    auto changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(decode_status(changed).ok());
  }
}

TEST_CASE_METHOD(
  attempt_fixture,
  "a corrupt file is reported or counted as a run, never as "
  "nothing",
  "[process]") {
  std::filesystem::create_directory(dir);
  SECTION("the end marker") {
    spit(dir / "exit", "ratchet-exit 1\nstate 6:exi");
    const auto status = inspect(dir);
    REQUIRE_FALSE(status.ok());
    CHECK(status.err().code == errc::corruption);
    CHECK(status.err().message.find((dir / "exit").string()) == 0);
    std::filesystem::remove(dir / "exit");
  }
  SECTION("the pid file") {
    spit(dir / "pid", "");
    CHECK(state() == attempt_state::lost);
    CHECK(begin(script("true")).err().code == errc::already_exists);
    CHECK(declare_lost(dir).ok());
  }
}
