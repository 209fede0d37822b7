// Who finds what when engines, wrappers and commands die in any order.

#include "fixture.hpp"
#include "process/detail/attempt_files.hpp"
#include "process/detail/file.hpp"
#include "process/detail/lock.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <vector>

using namespace ratchet;
using namespace ratchet::process;

namespace {

/// Runs until the file `go` appears in its outputs; says `ready` first.
const std::string wait_for_go =
  "touch ../out/ready; while [ ! -e ../out/go ]; do sleep 0.01; done; exit 5";

pid_t command_pid(const std::filesystem::path& dir) {
  const auto record = process::detail::read_pid(dir);
  REQUIRE(record.ok());
  REQUIRE(record->has_value());
  return (*record)->identity.pid;
}

pid_t parent_of(pid_t pid) {
  const auto text = slurp("/proc/" + std::to_string(pid) + "/stat");
  pid_t parent = 0;
  char state = 0;
  REQUIRE(
    std::sscanf(
      text.c_str() + text.rfind(')') + 1, " %c %d", &state, &parent) == 2);
  return parent;
}

bool is_gone(pid_t pid) {
  const auto stat = process::detail::read_process_stat(pid);
  return !stat || stat->state == 'Z';
}

/// Runs a wrapper as an engine would that died right after: returns its one
/// line to an engine.
std::string run_wrapper(const std::filesystem::path& dir) {
  auto pipe = process::detail::make_pipe();
  REQUIRE(pipe.ok());
  const auto child = ::fork();
  if (child == 0) {
    ::dup2(pipe->write.get(), 3);
    ::execl(
      PROCESS_WRAPPER, "ratchet", "__attempt", dir.c_str(),
      static_cast<char*>(nullptr));
    ::_exit(127);
  }
  pipe->write.reset();
  std::string answer(100, '\0');
  const auto size = ::read(pipe->read.get(), answer.data(), answer.size());
  answer.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  ::waitpid(child, nullptr, 0);
  return answer;
}

/// A process of the test's own, in a group of its own, as a stranger that
/// came to a command's number.
struct bystander {
  bystander() : pid(::fork()) {
    if (pid == 0) {
      ::setpgid(0, 0);
      for (;;)
        ::pause();
    }
    ::setpgid(pid, pid);
  }
  ~bystander() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  bystander(const bystander&) = delete;
  bystander& operator=(const bystander&) = delete;

  [[nodiscard]] bool lives() const {
    // A signal that was sent has been delivered when the next one arrives.
    return ::waitpid(pid, nullptr, WNOHANG) == 0 && !is_gone(pid);
  }

  pid_t pid;
};

} // namespace

TEST_CASE_METHOD(
  attempt_fixture, "a command goes on when its engine dies, and is adopted",
  "[process]") {
  const auto engine = ::fork();
  if (engine == 0)
    ::_exit(begin(script(wait_for_go)).ok() ? 0 : 1);
  int ended = 0;
  REQUIRE(::waitpid(engine, &ended, 0) == engine);
  REQUIRE(ended == 0);
  REQUIRE(wait_for_file("ready"));
  CHECK(state() == attempt_state::running);
  CHECK(state() == attempt_state::running);
  spit(output_path(dir) / "go", "");
  const auto status = wait_for_end();
  CHECK(status.exit_code == 5);
  CHECK(inspect(dir).value() == status);
}

TEST_CASE_METHOD(
  attempt_fixture, "a directory's command runs once, whoever starts it again",
  "[process]") {
  REQUIRE(begin(script("echo once; " + wait_for_go)).ok());
  const auto refused_again = [&] {
    const auto again = begin(script("echo twice"));
    REQUIRE_FALSE(again.ok());
    CHECK(again.err().code == errc::already_exists);
    CHECK(run_wrapper(dir) == "refused\n");
  };
  refused_again();
  spit(output_path(dir) / "go", "");
  CHECK(wait_for_end().exit_code == 5);
  refused_again();
  CHECK(log() == "once\n");
}

TEST_CASE_METHOD(
  attempt_fixture, "TERM reaches the command, and KILL ends one that stays",
  "[process]") {
  REQUIRE(begin(script("trap 'echo asked' TERM; touch ../out/ready; "
                       "while :; do sleep 0.01; done"))
            .ok());
  REQUIRE(wait_for_file("ready"));
  REQUIRE(send_signal(dir, SIGTERM).ok());
  // The whole group is asked: the shell may add that its `sleep` has ended.
  REQUIRE(
    eventually([&] { return log().find("asked\n") != std::string::npos; }));
  CHECK(state() == attempt_state::running);
  REQUIRE(send_signal(dir, SIGKILL).ok());
  const auto status = wait_for_end();
  CHECK(status.state == attempt_state::exited);
  CHECK(status.signal == SIGKILL);
  const auto late = send_signal(dir, SIGKILL);
  REQUIRE_FALSE(late.ok());
  CHECK(late.err().code == errc::not_found);
}

TEST_CASE_METHOD(
  attempt_fixture, "TERM to the wrapper goes on to the command", "[process]") {
  REQUIRE(begin(script(wait_for_go)).ok());
  REQUIRE(wait_for_file("ready"));
  REQUIRE(::kill(parent_of(command_pid(dir)), SIGTERM) == 0);
  const auto status = wait_for_end();
  CHECK(status.state == attempt_state::exited);
  CHECK(status.signal == SIGTERM);
}

TEST_CASE_METHOD(
  attempt_fixture, "a command dies with its wrapper, and all of it is lost",
  "[process]") {
  // A member of its group that hides its origin, and one that left for a
  // session of its own.
  REQUIRE(begin(script(
                  "env -i sleep 1000 & echo $!; "
                  "setsid sh -c 'echo $$; exec sleep 1000' & " +
                  wait_for_go))
            .ok());
  REQUIRE(wait_for_file("ready"));
  REQUIRE(eventually([&] {
    const auto text = log();
    return std::count(text.begin(), text.end(), '\n') == 2;
  }));
  std::istringstream lines{log()};
  pid_t same_group = 0;
  pid_t own_session = 0;
  lines >> same_group >> own_session;
  const auto command = command_pid(dir);
  REQUIRE(::kill(parent_of(command), SIGKILL) == 0);

  const auto status = wait_for_end();
  CHECK(status.state == attempt_state::lost);
  CHECK(eventually([&] { return is_gone(command); }));
  CHECK_FALSE(is_gone(own_session));
  const auto declared = declare_lost(dir);
  REQUIRE(declared.ok());
  CHECK(declared->state == attempt_state::lost);
  CHECK(declared->started == status.started);
  CHECK(is_gone(same_group));
  CHECK(is_gone(own_session));
  CHECK(inspect(dir).value() == *declared);
  CHECK(declare_lost(dir).value() == *declared);
}

TEST_CASE_METHOD(
  attempt_fixture,
  "a running attempt cannot be declared lost, and an ended "
  "one keeps its end",
  "[process]") {
  REQUIRE(begin(script(wait_for_go)).ok());
  const auto refused = declare_lost(dir);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.err().code == errc::conflict);
  REQUIRE(wait_for_file("ready"));
  CHECK(state() == attempt_state::running);
  spit(output_path(dir) / "go", "");
  const auto status = wait_for_end();
  result<attempt_status> declared = refused.err();
  // The lock is free a moment after the marker is there.
  REQUIRE(eventually([&] { return (declared = declare_lost(dir)).ok(); }));
  CHECK(*declared == status);
}

TEST_CASE_METHOD(
  attempt_fixture, "a wrapper that comes after the loss runs nothing",
  "[process]") {
  // The engine got as far as the spec.
  REQUIRE_FALSE(start(dir, script("echo ran"), "/bin/true").ok());
  SECTION("declared lost, it refuses") {
    REQUIRE(declare_lost(dir).ok());
    CHECK(run_wrapper(dir) == "refused\n");
    CHECK(state() == attempt_state::lost);
    CHECK(log().empty());
  }
  SECTION("while the loss is being declared, it refuses") {
    const auto lock = process::detail::attempt_lock::try_acquire(dir);
    REQUIRE((lock.ok() && lock->has_value()));
    CHECK(run_wrapper(dir) == "refused\n");
    CHECK(log().empty());
  }
  SECTION("else it runs, and needs no engine for it") {
    CHECK(run_wrapper(dir) == "ok\n");
    CHECK(wait_for_end().succeeded());
    CHECK(log() == "ran\n");
  }
}

TEST_CASE_METHOD(
  attempt_fixture, "a process that came to the command's number is spared",
  "[process]") {
  REQUIRE_FALSE(start(dir, script("true"), "/bin/true").ok());
  const bystander other;
  auto forged = process::detail::identify(other.pid);
  REQUIRE(forged.has_value());
  SECTION("another start time") {
    forged->start_ticks -= 1;
  }
  SECTION("another boot") {
    forged->boot_id = "an-earlier-boot";
  }
  REQUIRE(
    process::detail::write_durably(
      dir, "pid",
      process::detail::encode(process::detail::pid_record{*forged, from_ms(1)}))
      .ok());
  {
    const auto wrapper = process::detail::attempt_lock::try_acquire(dir);
    REQUIRE(state() == attempt_state::running);
    const auto refused = send_signal(dir, SIGKILL);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.err().code == errc::unavailable);
  }
  CHECK(state() == attempt_state::lost);
  CHECK(declare_lost(dir).ok());
  CHECK(other.lives());
}

TEST_CASE_METHOD(
  attempt_fixture, "what a command leaves behind ends with the attempt",
  "[process]") {
  auto spec = script("sleep 1000 & echo $!; "
                     "setsid sh -c 'echo $$; exec sleep 1000' & "
                     "while [ ! -e ../out/go ]; do sleep 0.01; done");
  spec.linger = duration{20};
  REQUIRE(begin(spec).ok());
  REQUIRE(eventually([&] {
    const auto text = log();
    return std::count(text.begin(), text.end(), '\n') == 2;
  }));
  spit(output_path(dir) / "go", "");
  CHECK(wait_for_end().succeeded());
  std::istringstream lines{log()};
  for (pid_t pid = 0; lines >> pid;)
    CHECK(is_gone(pid));
}

TEST_CASE_METHOD(
  attempt_fixture, "output of descendants is awaited for a while",
  "[process]") {
  auto spec = script("(sleep 0.1; echo late) & echo early");
  spec.linger = std::chrono::seconds{20};
  CHECK(run(spec).succeeded());
  CHECK(log() == "early\nlate\n");
}

TEST_CASE_METHOD(
  attempt_fixture, "looking never disturbs a start", "[process]") {
  std::atomic<int> current{0};
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::thread looker{[&] {
    while (!stop) {
      const auto status = inspect(root / std::to_string(current));
      if (!status || status->state == attempt_state::lost)
        ++wrong;
    }
  }};
  int succeeded = 0;
  for (; current < 20; ++current) {
    dir = root / std::to_string(current);
    // There from the start, so that a look may meet the wrapper's own try.
    std::filesystem::create_directory(dir);
    spit(dir / "lock", "");
    if (begin(script("true")).ok())
      succeeded += wait_for_end().succeeded() ? 1 : 0;
  }
  stop = true;
  looker.join();
  CHECK(succeeded == 20);
  CHECK(wrong == 0);
}
