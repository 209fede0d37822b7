#include "effects.hpp"

#include "driver.hpp"

#include <algorithm>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>

namespace ratchet::test {

void effects::leave(const std::string& what) const {
  const auto line = what + "\n";
  const int fd =
    open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, line.data(), line.size()) < 0)
    give_up("cannot write to " + file_.string());
  close(fd);
}

std::size_t effects::count(const std::string& what) const {
  std::ifstream in{file_};
  std::size_t found = 0;
  for (std::string line; std::getline(in, line);)
    found += line == what ? 1U : 0U;
  return found;
}

std::string effects::shell_line(const std::string& what) const {
  return "echo '" + what + "' >> '" + file_.string() + "'";
}

} // namespace ratchet::test
