// What does the history cost per event, without HTTP and actors, in groups of
// several sizes, and does it get slower as it grows?
//
//   history_bench [--events N] [--group N] [--bytes N] [--dir PATH] [--bare]
//
// One thread stages, seals and commits (one fsync per group) as the journal
// does; half of the events are interactions, half are feedback on one of them.
// --bare commits blocks of the same bytes through the store, without the
// history: what RocksDB alone takes with these settings.
//
// `cpu_us` is what the whole process burnt per event, RocksDB's and the
// index's threads included, without the making of the events.

#include "storage/history.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>

namespace {

using namespace ratchet;
using namespace ratchet::storage;
namespace fs = std::filesystem;

struct settings {
  std::uint64_t events = 2'000'000;
  std::uint32_t group = 800;
  std::size_t bytes = 300;
  fs::path directory = fs::temp_directory_path() / "ratchet-history-bench";
  bool bare = false;
};

settings read_settings(int argc, char** argv) {
  settings s;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    const auto is = [&](const char* name) {
      return std::strcmp(argv[i], name) == 0;
    };
    if (is("--bare"))
      s.bare = true;
    else if (is("--events") && has_value)
      s.events = std::strtoull(argv[++i], nullptr, 10);
    else if (is("--group") && has_value)
      s.group = static_cast<std::uint32_t>(std::atoi(argv[++i]));
    else if (is("--bytes") && has_value)
      s.bytes = std::strtoull(argv[++i], nullptr, 10);
    else if (is("--dir") && has_value)
      s.directory = argv[++i];
    else {
      std::fprintf(
        stderr,
        "usage: %s [--events N] [--group N] [--bytes N] [--dir PATH] "
        "[--bare]\n",
        argv[0]);
      std::exit(2);
    }
  }
  return s;
}

template <class T>
T must(result<T> r) {
  if (!r) {
    std::fprintf(stderr, "%s\n", r.err().message.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>)
    return std::move(*r);
}

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}
double process_cpu() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return seconds_of(use.ru_utime) + seconds_of(use.ru_stime);
}
double peak_rss_mb() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_maxrss) / 1024;
}
double thread_cpu() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}
double now() {
  return std::chrono::duration<double>(
           std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

/// Ids that do not come in order, as UUIDs do not.
std::string make_id(std::uint64_t n) {
  char text[40];
  const auto mixed = (n + 1) * 0x9E3779B97F4A7C15ULL;
  const auto size = std::snprintf(
    text, sizeof text, "%016llx-%llu",
    static_cast<unsigned long long>(mixed ^ mixed >> 31U),
    static_cast<unsigned long long>(n));
  return {text, static_cast<std::size_t>(size)};
}

class source {
public:
  /// 110: what an event takes here besides its text.
  explicit source(std::size_t bytes)
      : text_bytes_(bytes > 110 ? bytes - 110 : 0) {
    // Text out of a vocabulary, far apart enough that a block does not repeat
    // itself: about as compressible as prose.
    std::mt19937 random{1};
    std::vector<std::string> words(4000);
    for (auto& word : words)
      for (auto n = 2 + random() % 8; n > 0; --n)
        word += "etaoinshrdlucmfwypvbgkjqxz"[random() % 8 + random() % 19];
    while (pool_.size() < (4U << 20U) + text_bytes_) {
      // Few words are frequent: the product of two uniform numbers.
      const auto r = std::uint64_t{random() % 4000} * (random() % 4000) / 4000;
      pool_ += words[r] + ' ';
    }
  }

  event_batch next(std::uint32_t count) {
    event_batch out;
    out.loop = "bench";
    out.received = from_ms(1'700'000'000'000 + static_cast<int>(made_ / 500));
    for (std::uint32_t i = 0; i < count; ++i, ++made_) {
      const auto text = std::string_view{pool_}.substr(
        made_ * 7919 * 64 % (4U << 20U), text_bytes_);
      const auto id = make_id(made_);
      const auto subject = "user-" + std::to_string(made_ % 100'000);
      event_view e;
      e.id = id;
      e.subject = subject;
      e.at = out.received;
      if (made_ % 2 == 0) {
        last_ = id;
        e.version = {3};
        e.arm = "champion";
        e.propensity = 0.5;
        e.input = text;
        e.output = "7";
      } else {
        e.kind = event_kind::feedback;
        e.interaction_id = last_;
        e.channel = "correction";
        e.value = std::string_view{"3"};
        e.metadata = text;
      }
      out.add(e, i);
    }
    return out;
  }

private:
  std::size_t text_bytes_;
  std::string pool_;
  std::string last_;
  std::uint64_t made_ = 0;
};

/// What is timed: the work on a group, and nothing of its making.
class meter {
public:
  template <class Work>
  void time(std::uint64_t events, Work work) {
    const auto start = now();
    work();
    const auto took = now() - start;
    busy_ += took;
    slowest_ = std::max(slowest_, took);
    events_ += events;
  }
  void made(double cpu) { making_ += cpu; }

  void print(const settings& s, const char* what, std::uint64_t stored) {
    const auto cpu = process_cpu() - cpu_before_ - making_;
    std::printf(
      R"({"bench":"history","case":"%s","group":%u,"bytes":%zu,)"
      R"("stored":%llu,"events_per_second":%.0f,"cpu_us":%.3f,)"
      R"("slowest_group_ms":%.1f,"peak_rss_mb":%.0f})"
      "\n",
      what, s.group, s.bytes, static_cast<unsigned long long>(stored),
      static_cast<double>(events_) / busy_,
      cpu / static_cast<double>(events_) * 1e6, slowest_ * 1e3, peak_rss_mb());
    std::fflush(stdout);
    *this = meter{};
  }

private:
  double busy_ = 0;
  double slowest_ = 0;
  double making_ = 0;
  double cpu_before_ = process_cpu();
  std::uint64_t events_ = 0;
};

void run_history(const settings& s, store& db) {
  const auto opening = now();
  auto log = must(history::open(db));
  std::printf(
    R"({"bench":"history","case":"open","ms":%.1f})"
    "\n",
    (now() - opening) * 1e3);
  write_batch batch;
  (void)must(log->register_loop("bench", batch));
  must(db.commit(batch));
  source events{s.bytes};
  meter m;
  const auto report = std::max<std::uint64_t>(s.events / 20, 1'000'000);
  std::uint64_t reported = 0;
  for (std::uint64_t stored = 0; stored < s.events; stored += s.group) {
    const auto before = thread_cpu();
    std::vector<event_batch> bodies;
    for (std::uint32_t n = 0; n < s.group; n += 100)
      bodies.push_back(events.next(std::min(100U, s.group - n)));
    m.made(thread_cpu() - before);
    m.time(s.group, [&] {
      for (auto& body : bodies)
        (void)must(log->stage(std::move(body)));
      write_batch group;
      log->seal(group);
      must(db.commit(group));
      log->committed();
    });
    if (stored + s.group - reported >= report) {
      reported = stored + s.group;
      m.print(s, "history", reported);
    }
  }
  const auto stats = log->stats();
  const auto db_stats = db.stats();
  std::printf(
    R"({"bench":"history","case":"index","runs":%llu,"entries":%llu,)"
    R"("filter_mb":%.1f,"fsync_us":%.0f,"commit_us":%.0f})"
    "\n",
    static_cast<unsigned long long>(stats.index_runs),
    static_cast<unsigned long long>(stats.index_entries),
    static_cast<double>(stats.index_filter_bytes) / 1048576,
    static_cast<double>(db_stats.fsync_us.total_us) /
      static_cast<double>(db_stats.commits),
    static_cast<double>(db_stats.commit_us.total_us) /
      static_cast<double>(db_stats.commits));
}

void run_bare(const settings& s, store& db) {
  source events{s.bytes};
  meter m;
  const auto report = std::max<std::uint64_t>(s.events / 20, 1'000'000);
  std::uint64_t reported = 0;
  for (std::uint64_t stored = 0; stored < s.events; stored += s.group) {
    const auto before = thread_cpu();
    const auto body = events.next(s.group);
    write_batch group;
    constexpr std::size_t block = std::size_t{64} << 10U;
    for (std::size_t at = 0; at < body.bytes.size(); at += block)
      group.put(
        column::history, block_key{{1}, {stored + at}}.encode(),
        body.bytes.substr(at, block));
    m.made(thread_cpu() - before);
    m.time(s.group, [&] { must(db.commit(group)); });
    if (stored + s.group - reported >= report) {
      reported = stored + s.group;
      m.print(s, "bare", reported);
    }
  }
}

} // namespace

int main(int argc, char** argv) {
  const auto s = read_settings(argc, argv);
  fs::remove_all(s.directory);
  {
    store_options options;
    options.directory = s.directory;
    auto db = must(store::open(options));
    s.bare ? run_bare(s, *db) : run_history(s, *db);
  }
  if (!s.bare) {
    store_options options;
    options.directory = s.directory;
    const auto start = now();
    auto db = must(store::open(options));
    const auto opened = now();
    auto log = must(history::open(*db));
    std::printf(
      R"({"bench":"history","case":"reopen","store_ms":%.1f,)"
      R"("history_ms":%.1f})"
      "\n",
      (opened - start) * 1e3, (now() - opened) * 1e3);
  }
  fs::remove_all(s.directory);
  return 0;
}
