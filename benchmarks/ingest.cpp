// How many durable events per second does one node take over HTTP, how late
// are the answers, and how near is that to what the machine can do?
//
//   bench_ingest [--seconds S] [--grow EVENTS] [--quick] [--shape BxC]
//
// --shape 100x8 runs the engine with bodies of 100 on 8 connections, and
// nothing else: for a profile.
//
// Every answer comes after an fsync. The load program shares the two cores.

#include "benchmarks/engine_process.hpp"
#include "benchmarks/limits.hpp"
#include "benchmarks/load_client.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace ratchet::benchmarks;

struct shape {
  unsigned body_events;
  unsigned connections;
  /// Events per second that are offered besides full speed and its half, if
  /// not 0: half of what is aimed for.
  double half_aim = 0;
};

const std::vector<shape> shapes{{1, 1},   {1, 16},           {1, 64, 15'000},
                                {1, 256}, {100, 8, 250'000}, {1000, 8}};

struct settings {
  double seconds = 5;
  std::uint64_t grow = 20'000'000;
  std::optional<shape> only;
};

std::optional<shape> read_shape(const char* text) {
  shape s{};
  if (std::sscanf(text, "%ux%u", &s.body_events, &s.connections) != 2)
    return std::nullopt;
  for (const auto& known : shapes)
    if (
      known.body_events == s.body_events && known.connections == s.connections)
      return known;
  return s;
}

settings read_settings(int argc, char** argv) {
  settings s;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (std::strcmp(argv[i], "--quick") == 0)
      s = {1, 0, std::nullopt};
    else if (
      std::strcmp(argv[i], "--shape") == 0 && has_value &&
      read_shape(argv[i + 1]))
      s.only = read_shape(argv[++i]);
    else if (std::strcmp(argv[i], "--seconds") == 0 && has_value)
      s.seconds = std::atof(argv[++i]);
    else if (std::strcmp(argv[i], "--grow") == 0 && has_value)
      s.grow = std::strtoull(argv[++i], nullptr, 10);
    else {
      std::fprintf(
        stderr,
        "usage: %s [--seconds S] [--grow EVENTS] [--quick] [--shape BxC]\n",
        argv[0]);
      std::exit(2);
    }
  }
  return s;
}

void print(
  const char* what, const load_case& load, const load_result& r,
  double peak_rss_mb) {
  std::printf(
    R"({"bench":"ingest","case":"%s","body_events":%u,"connections":%u,)"
    R"("offered_per_second":%.0f,"events_per_second":%.0f,"p50_ms":%.3f,)"
    R"("p99_ms":%.3f,"peak_rss_mb":%.0f,"failed_requests":%llu})"
    "\n",
    what, load.body_events, load.connections, load.rate, r.events_per_second(),
    r.p50_ms, r.p99_ms, peak_rss_mb,
    static_cast<unsigned long long>(r.failed_requests));
  std::fflush(stdout);
}

/// One engine that is loaded in several ways, one after the other.
class session {
public:
  session(const server_process& server, double seconds)
      : server_(server), seconds_(seconds) {}

  load_result run(const char* what, load_case load) {
    load.port = server_.port();
    load.seconds = seconds_;
    load.first_id = next_id_;
    const auto r = run_load(load);
    // Numbers that were offered and not answered are not used again either.
    next_id_ += r.events + 10'000'000;
    stored_ += r.events;
    print(what, load, r, server_.peak_rss_mb());
    return r;
  }

  [[nodiscard]] std::uint64_t stored() const { return stored_; }

private:
  const server_process& server_;
  double seconds_;
  std::uint64_t next_id_ = 0;
  std::uint64_t stored_ = 0;
};

/// A new engine, at full speed and at half of it.
void run_engine(shape s, double seconds) {
  const scratch_directory data;
  const server_process server{engine_with(data.path(), {bench_loop()})};
  session engine{server, seconds};
  load_case load;
  load.body_events = s.body_events;
  load.connections = s.connections;
  const auto full = engine.run("full", load);
  load.rate = full.events_per_second() / 2;
  (void)engine.run("half", load);
  load.rate = s.half_aim;
  if (load.rate > 0)
    (void)engine.run("half_aim", load);
}

/// The same speed at one million and at many million stored events?
void run_growth(std::uint64_t target, double seconds) {
  const scratch_directory data;
  const server_process server{engine_with(data.path(), {bench_loop()})};
  session engine{server, seconds};
  load_case measured;
  measured.body_events = 100;
  measured.connections = 8;
  load_case filler = measured;
  filler.body_events = 1000;
  for (const auto size : {std::uint64_t{1'000'000}, target}) {
    if (engine.stored() < size) {
      filler.max_events = size - engine.stored();
      (void)engine.run("fill", filler);
    }
    std::printf(
      R"({"bench":"ingest","stored_events":%llu})"
      "\n",
      static_cast<unsigned long long>(engine.stored()));
    (void)engine.run("at_size", measured);
  }
}

/// The HTTP server and the parser, with the store left out.
void run_without_store(double seconds) {
  for (const auto& s : shapes) {
    const server_process server{storeless()};
    session http{server, seconds};
    load_case load;
    load.body_events = s.body_events;
    load.connections = s.connections;
    (void)http.run("no_store", load);
  }
}

} // namespace

int main(int argc, char** argv) {
  const auto s = read_settings(argc, argv);
  if (s.only) {
    run_engine(*s.only, s.seconds);
    return 0;
  }
  print_disk_limits(s.seconds);
  // In a process of its own: RocksDB's threads do not survive the forks below.
  run_apart([&] { print_rocksdb_alone(s.seconds); });
  run_without_store(s.seconds);
  for (const auto& shape : shapes)
    run_engine(shape, s.seconds);
  if (s.grow > 0)
    run_growth(s.grow, s.seconds);
}
