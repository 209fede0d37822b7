#include "storage/history.hpp"

#include "history_fixture.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace ratchet;
using namespace ratchet::storage;
using test::feedback;
using test::history_fixture;
using test::interaction;
using test::make_batch;

namespace {

std::vector<event> body(int n) {
  const auto id = std::to_string(n);
  return {interaction(id, "ann"), feedback(id, id)};
}

history_options small() {
  history_options options;
  options.block_bytes = 200;
  options.index_tail_entries = 50;
  return options;
}

/// Appends bodies, one commit each, and tells the pipe of each that is done.
[[noreturn]] void append_until_killed(
  const std::filesystem::path& directory, int from, int acknowledge) {
  auto db = store::open({.directory = directory});
  auto log = history::open(**db, small());
  write_batch batch;
  if (!(*log)->register_loop("digits", batch) || !(*db)->commit(batch))
    _exit(1);
  for (int n = from;; ++n) {
    auto outcome = (*log)->stage(make_batch("digits", body(n)));
    write_batch group;
    (*log)->seal(group);
    if (!outcome || outcome->accepted != 2 || !(*db)->commit(group))
      _exit(1);
    (*log)->committed();
    if (write(acknowledge, &n, sizeof n) != sizeof n)
      _exit(1);
  }
}

} // namespace

TEST_CASE(
  "what was committed before a kill is there once, and found",
  "[storage][history][fork]") {
  const test::temp_dir dir;
  int acknowledged = 0;
  for (const int kill_after : {1, 40, 170}) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const auto child = fork();
    if (child == 0)
      append_until_killed(dir.path(), acknowledged + 1, ends[1]);
    close(ends[1]);
    const auto until = acknowledged + kill_after;
    while (acknowledged < until)
      REQUIRE(
        read(ends[0], &acknowledged, sizeof acknowledged) ==
        sizeof acknowledged);
    kill(child, SIGKILL);
    REQUIRE(waitpid(child, nullptr, 0) == child);
    // It may have got a little further before it died.
    int later = 0;
    while (read(ends[0], &later, sizeof later) == sizeof later)
      acknowledged = later;
    close(ends[0]);

    auto db = store::open({.directory = dir.path()});
    REQUIRE(db.ok());
    auto log = history::open(**db, small());
    REQUIRE(log.ok());
    const auto loop = (*log)->loop_number_of("digits").value();
    const auto end = (*log)->end(loop).value;
    // A commit may be there whose acknowledgement was not.
    const auto stored = static_cast<int>(end / 2);
    CHECK(end % 2 == 0);
    CHECK(stored >= acknowledged);
    CHECK(stored <= acknowledged + 1);
    std::uint64_t seq = 0;
    for (int n = 1; n <= stored; ++n)
      for (const auto& e : body(n)) {
        const auto found = (*log)->find(loop, e.kind, e.id);
        REQUIRE(found.ok());
        REQUIRE(found->has_value());
        REQUIRE((**found).content == e);
        REQUIRE((**found).seq.value == ++seq);
      }
    const auto again = (*log)->stage(make_batch("digits", body(stored)));
    CHECK(again->duplicates == 2);
    (*log)->abandoned();
    acknowledged = stored;
  }
}

TEST_CASE(
  "readers see whole commits while the writer goes on", "[storage][history]") {
  history_fixture t{small()};
  const auto loop = t.add_loop("digits");
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::atomic<std::uint64_t> seen = 0;
  const auto follow = [&] {
    sequence after;
    while (!done.load() || after < t.log->end(loop)) {
      const auto end = t.log->end(loop);
      const auto page = t.log->read(loop, after, {.events = 7});
      if (!page) {
        ++wrong;
        return;
      }
      for (const auto& e : page->events) {
        const auto n = static_cast<int>((e.seq.value + 1) / 2);
        wrong += e.content == body(n)[(e.seq.value + 1) % 2] ? 0 : 1;
        if (e.seq > end)
          continue; // Committed after `end` was asked for.
        const auto found = t.log->find(loop, e.content.kind, e.content.id);
        wrong += found && *found && (**found).seq == e.seq ? 0 : 1;
        ++seen;
      }
      wrong += end.value % 2 == 0 ? 0 : 1;
      after = page->next;
    }
  };
  std::thread one{follow};
  std::thread two{follow};
  for (int n = 1; n <= 150; ++n)
    t.append(make_batch("digits", body(n)));
  done.store(true);
  one.join();
  two.join();
  CHECK(wrong.load() == 0);
  CHECK(seen.load() > 0);
}

TEST_CASE(
  "readers and retention do not disturb each other", "[storage][history]") {
  history_fixture t{small()};
  const auto loop = t.add_loop("digits");
  for (int n = 1; n <= 100; ++n)
    t.append(make_batch("digits", body(n)));
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::thread reader{[&] {
    while (!done.load()) {
      const auto page = t.log->read(loop, {});
      wrong += page.ok() && !page->events.empty() ? 0 : 1;
      const auto mine = t.log->of_subject(loop, "ann", {});
      wrong += mine.ok() && !mine->events.empty() ? 0 : 1;
    }
  }};
  for (std::uint64_t keep = 2; keep < 200; keep += 5)
    t.retain(loop, {keep});
  done.store(true);
  reader.join();
  CHECK(wrong.load() == 0);
}
