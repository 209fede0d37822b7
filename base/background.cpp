#include "base/background.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace ratchet {

void run_in_background(const std::string& name) {
  constexpr int below_requests = 10;
  constexpr std::size_t longest_name = 15; // The kernel's bound.
  ::pthread_setname_np(::pthread_self(), name.substr(0, longest_name).c_str());
  // On Linux a thread has a priority of its own.
  const auto me = static_cast<id_t>(::gettid());
  if (::getpriority(PRIO_PROCESS, me) < below_requests)
    ::setpriority(PRIO_PROCESS, me, below_requests);
}

} // namespace ratchet
