// What a command meets, and what is learned of its end.

#include "fixture.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <sstream>
#include <vector>

using namespace ratchet;
using namespace ratchet::process;

TEST_CASE_METHOD(
  attempt_fixture, "an ended command leaves its exit code, times and output",
  "[process]") {
  const auto before = system_wall_clock{}.now();
  const auto status = run(script("echo out; echo err >&2; exit 3"));
  CHECK(status.state == attempt_state::exited);
  CHECK(status.exit_code == 3);
  CHECK(status.signal == 0);
  CHECK(status.message.empty());
  CHECK_FALSE(status.succeeded());
  CHECK(before <= status.started);
  CHECK(status.started <= status.ended);
  CHECK(status.ended <= system_wall_clock{}.now());
  CHECK(log() == "out\nerr\n");
  CHECK(describe(status) == "exited with code 3");
}

TEST_CASE_METHOD(
  attempt_fixture, "a command that kills itself leaves its signal",
  "[process]") {
  const auto status = run(script("kill -9 $$"));
  CHECK(status.state == attempt_state::exited);
  CHECK(status.signal == SIGKILL);
  CHECK(describe(status) == "killed by signal 9 (Killed)");
}

TEST_CASE_METHOD(
  attempt_fixture, "arguments reach the command as they are", "[process]") {
  command_spec spec;
  spec.argv = {"printf", "%s|", "a b", "", "$HOME", "line\nend", "'\""};
  CHECK(run(spec).succeeded());
  CHECK(log() == "a b||$HOME|line\nend|'\"|");
}

TEST_CASE_METHOD(
  attempt_fixture, "output beyond the cap is read, dropped and counted",
  "[process]") {
  // More than a pipe holds: a command whose output was not read would hang.
  auto spec = script("echo first; head -c 300000 /dev/zero; echo last");
  spec.log_cap_bytes = 100;
  const auto status = run(spec);
  CHECK(status.succeeded());
  CHECK(status.log_dropped_bytes == 6 + 300000 + 5 - 100);
  CHECK(
    log() ==
    "first\n" + std::string(94, '\0') +
      "\nratchet: the log has reached its cap of 100 bytes; what follows is "
      "dropped\n");
}

TEST_CASE_METHOD(
  attempt_fixture, "a program that cannot be run is said to be so, and why",
  "[process]") {
  const auto plain = (root / "plain").string();
  const auto headed = (root / "headed").string();
  const auto headless = (root / "headless").string();
  spit(plain, "text");
  spit(headed, "#!/no/such/interpreter\n");
  spit(headless, "echo this is for a shell\n");
  ::chmod(headed.c_str(), 0755);
  ::chmod(headless.c_str(), 0755);
  struct failure {
    std::string program;
    std::string directory;
    std::string why;
  };
  const std::vector<failure> failures = {
    {"no-such-program", "", "no such program on the PATH (/bin:@)"},
    {"/no/such", "", "No such file or directory"},
    {plain, "", plain + " is not an executable file"},
    {"plain", "", plain + " is not an executable file"},
    {"headed", "",
     headed + " needs an interpreter or loader that does not exist"},
    {headless, "",
     headless +
       " is neither a program for this machine nor a script with a #! line"},
    {"true", "/no/such",
     "cannot enter its working directory /no/such: No such file or "
     "directory"}};
  for (std::size_t i = 0; i < failures.size(); ++i) {
    auto [program, directory, why] = failures[i];
    dir = root / std::to_string(i);
    command_spec spec;
    spec.argv = {program};
    spec.directory = directory;
    spec.env["PATH"] = "/bin:" + root.string();
    const auto status = run(spec);
    CHECK(status.state == attempt_state::start_failed);
    if (const auto at = why.find('@'); at != std::string::npos)
      why.replace(at, 1, root.string());
    if (directory.empty())
      why.insert(0, "cannot run \"" + program + "\": ");
    CHECK(status.message == why);
    CHECK(status.exit_code == 0);
    CHECK(status.started == time_point{});
    CHECK(log().empty());
  }
}

TEST_CASE_METHOD(
  attempt_fixture, "no descriptor of the engine reaches the command",
  "[process]") {
  const int open_one = ::open("/dev/null", O_RDONLY);
  const int high = ::dup2(open_one, 200);
  // 3 is what ls reads the list from. The second list is the wrapper's.
  CHECK(run(script("ls /proc/self/fd; echo; ls /proc/$PPID/fd")).succeeded());
  CHECK(log().find("0\n1\n2\n3\n\n") == 0);
  CHECK(log().find("\n200\n") == std::string::npos);
  ::close(high);
  ::close(open_one);
}

TEST_CASE_METHOD(
  attempt_fixture, "a command has its own process group, session and directory",
  "[process]") {
  const auto status = run(
    script("read -r pid name state parent group session rest < /proc/$$/stat; "
           "echo $pid $group $session; pwd; ulimit -c; umask; ls ../out"));
  REQUIRE(status.succeeded());
  std::istringstream lines{log()};
  pid_t pid = 0;
  pid_t group = 0;
  pid_t session = 0;
  std::string directory;
  std::string core;
  std::string mask;
  lines >> pid >> group >> session >> directory >> core >> mask;
  CHECK(group == pid);
  CHECK(session != ::getsid(0));
  CHECK(directory == (dir / "work").string());
  CHECK(core == "0");
  CHECK(mask == "0022");
}

TEST_CASE_METHOD(
  attempt_fixture, "a command starts with default signals, none blocked",
  "[process]") {
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR1);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  auto* const handler = ::signal(SIGPIPE, SIG_IGN);
  const auto status =
    run(script("grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -f 2"));
  ::signal(SIGPIPE, handler);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  CHECK(status.succeeded());
  std::istringstream lines{log()};
  std::uint64_t still_blocked = 1;
  std::uint64_t ignored = 1;
  lines >> std::hex >> still_blocked >> ignored;
  CHECK(still_blocked == 0);
  // 32 and 33 are glibc's own; its posix_spawn leaves them ignored, and every
  // program that uses them sets them itself.
  CHECK((ignored & ~(std::uint64_t{3} << 31U)) == 0);
}

TEST_CASE_METHOD(
  attempt_fixture, "a command gets a clean environment and its own variables",
  "[process]") {
  ::setenv("AWS_SECRET_ACCESS_KEY", "hidden", 1);
  ::setenv("PYTHONUTF8", "1", 1);
  command_spec spec;
  spec.argv = {"env"};
  spec.env = {{"RATCHET_STAGE", "train"}, {"LANG", "C.UTF-8"}};
  CHECK(run(spec).succeeded());
  ::unsetenv("AWS_SECRET_ACCESS_KEY");
  ::unsetenv("PYTHONUTF8");
  const auto text = "\n" + log();
  CHECK(text.find("hidden") == std::string::npos);
  CHECK(text.find("\nPYTHONUTF8=1\n") != std::string::npos);
  CHECK(text.find("\nRATCHET_STAGE=train\n") != std::string::npos);
  CHECK(text.find("\nLANG=C.UTF-8\n") != std::string::npos);
  CHECK(
    text.find("\nRATCHET_ATTEMPT_DIR=" + dir.string() + "\n") !=
    std::string::npos);
}

TEST_CASE_METHOD(
  attempt_fixture,
  "a command that cannot be meant is refused and leaves "
  "nothing",
  "[process]") {
  command_spec spec;
  SECTION("no program") {}
  SECTION("a NUL byte") {
    spec.argv = {"echo", std::string{"a\0b", 3}};
  }
  SECTION("a variable without a name") {
    spec.argv = {"true"};
    spec.env[""] = "x";
  }
  SECTION("an equals sign in a name") {
    spec.argv = {"true"};
    spec.env["A=B"] = "x";
  }
  const auto refused = begin(spec);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.err().code == errc::invalid_argument);
  CHECK_FALSE(std::filesystem::exists(dir));
}

TEST_CASE_METHOD(
  attempt_fixture, "a wrapper that is none is an error, and nothing has run",
  "[process]") {
  const std::string program = GENERATE("/bin/true", "/no/such/program");
  const auto failed = start(dir, script("true"), program);
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.err().code == errc::io_error);
  CHECK(failed.err().message.find(program) != std::string::npos);
  CHECK(state() == attempt_state::not_started);
  // Nothing stands in the way of the right one.
  CHECK(run(script("true")).succeeded());
}
