#include "fixture.hpp"

#include <limits>

using namespace ratchet;
using namespace ratchet::process;

namespace {

struct log_fixture : attempt_fixture {
  log_fixture() : file(root / "log") {}

  [[nodiscard]] log_lines
  read(std::uint64_t offset, bool ended = false, std::size_t max = 1000) const {
    const auto lines = read_log(file, offset, ended, max);
    REQUIRE(lines.ok());
    return *lines;
  }

  std::filesystem::path file;
};

using lines = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(
  log_fixture, "a line is shown when it is complete", "[process][log]") {
  CHECK(read(0).lines.empty());
  spit(file, "one\ntw");
  const auto first = read(0);
  CHECK(first.lines == lines{"one"});
  CHECK(first.next_offset == 4);
  CHECK(read(4).lines.empty());
  CHECK(read(4).next_offset == 4);
  spit(file, "one\ntwo\r\n\nend");
  const auto second = read(4);
  CHECK(second.lines == lines{"two", ""});
  CHECK(second.next_offset == 10);
  CHECK(read(10).lines.empty());
  const auto last = read(10, true);
  CHECK(last.lines == lines{"end"});
  CHECK(last.next_offset == 13);
  CHECK(read(13, true).lines.empty());
}

TEST_CASE_METHOD(
  log_fixture, "reading is bounded, and a longer line comes in pieces",
  "[process][log]") {
  spit(file, "ab\n0123456789\nz\n");
  lines all;
  std::uint64_t offset = 0;
  for (;;) {
    const auto next = read(offset, true, 4);
    if (next.lines.empty())
      break;
    all.insert(all.end(), next.lines.begin(), next.lines.end());
    offset = next.next_offset;
  }
  CHECK(all == lines{"ab", "0123", "4567", "89", "z"});
  CHECK(offset == 16);
}

TEST_CASE_METHOD(
  log_fixture, "an offset beyond the end shows nothing", "[process][log]") {
  spit(file, "a\n");
  const auto offset =
    GENERATE(std::uint64_t{3}, std::numeric_limits<std::uint64_t>::max());
  CHECK(read(offset, true).lines.empty());
  CHECK(read(offset, true).next_offset == offset);
}
