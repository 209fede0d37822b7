// What does it cost to turn one event of 300 bytes into its record, by shape
// of the body?

#include "formats/event_parser.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

using namespace ratchet;

namespace {

std::string event_text(std::size_t i) {
  const auto n = std::to_string(i);
  return R"({"kind":"interaction","id":"it-01J5ZK8Q-)" + n +
    R"(","loop":"digits","version":17,"arm":"champion",)"
    R"("propensity":0.9,"subject":"user-48213","slice":{"writer":"w13",)"
    R"("device":"tablet"},"time":"2026-08-22T10:15:30.123Z",)"
    R"("input":{"pixels":[0,0,5,13,9,1,0,0,0,0,13,15,10,15,5,0]},)"
    R"("output":"7","metadata":{"trace":"4bf92f3577b34da6"}})";
}

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

formats::loop_table loops() {
  workflows::loop_definition digits;
  digits.name = "digits";
  return {{"digits", digits}};
}

void run(const char* shape, std::size_t per_body) {
  const bool array = shape[0] == 'a';
  std::string text = array ? "[" : "";
  std::size_t event_bytes = 0;
  for (std::size_t i = 0; i < per_body; ++i) {
    const auto one = event_text(i);
    event_bytes += one.size();
    text += i == 0 ? "" : array ? "," : "\n";
    text += one;
  }
  text += array ? "]" : "";
  const auto table = loops();
  formats::event_parser parser;
  const auto received = from_ms(1'787'393'730'000);
  constexpr std::size_t events = 400'000;
  double best = 1e9;
  std::size_t bytes = 0;
  for (int round = 0; round < 5; ++round) {
    const auto start = cpu_seconds();
    for (std::size_t done = 0; done < events; done += per_body) {
      const auto parsed = parser.parse(text, table, {}, received);
      if (!parsed || !parsed->rejected.empty())
        std::abort();
      bytes += parsed->batches[0].bytes.size();
    }
    best = std::min(best, cpu_seconds() - start);
  }
  std::printf(
    "{\"bench\":\"parse\",\"shape\":\"%s\",\"body_events\":%zu,"
    "\"event_bytes\":%zu,\"record_bytes\":%zu,\"ns_per_event\":%.0f}\n",
    shape, per_body, event_bytes / per_body, bytes / (5 * events),
    best * 1e9 / static_cast<double>(events));
}

} // namespace

int main() {
  for (const std::size_t per_body : {1, 100, 1000}) {
    run("lines", per_body);
    run("array", per_body);
  }
}
