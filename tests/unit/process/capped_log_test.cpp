#include "process/detail/capped_log.hpp"

#include "fixture.hpp"

using namespace ratchet::process;
using ratchet::process::detail::capped_log;

TEST_CASE("a full disk costs output, not the command", "[process][log]") {
  auto log = capped_log::create("/dev/full", 1000);
  REQUIRE(log.ok());
  log->append("12345");
  log->append("678");
  CHECK(log->dropped_bytes() == 8);
  CHECK(log->trouble() == "the log is incomplete: No space left on device");
}

TEST_CASE_METHOD(
  attempt_fixture, "a log that just fits is not cut", "[process][log]") {
  auto log = capped_log::create(root / "log", 6);
  REQUIRE(log.ok());
  log->append("abc\n");
  log->append("e\n");
  CHECK(slurp(root / "log") == "abc\ne\n");
  CHECK(log->dropped_bytes() == 0);
  log->append("f");
  log->append("g");
  log->finish();
  CHECK(
    slurp(root / "log") ==
    "abc\ne\nratchet: the log has reached its cap of 6 bytes; what follows "
    "is dropped\n");
  CHECK(log->dropped_bytes() == 2);
  CHECK(log->trouble().empty());
}
