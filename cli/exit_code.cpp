#include "cli/exit_code.hpp"

namespace ratchet::cli {

exit_code exit_code_of(errc code) {
  switch (code) {
  case errc::not_found:
    return exit_code::not_found;
  case errc::already_exists:
  case errc::conflict:
    return exit_code::conflict;
  case errc::invalid_argument:
    return exit_code::usage;
  case errc::not_leader:
  case errc::unavailable:
    return exit_code::unreachable;
  case errc::timed_out:
    return exit_code::timed_out;
  case errc::corruption:
  case errc::io_error:
  case errc::resource_limit:
    return exit_code::failure;
  case errc::canceled:
    return exit_code::interrupted;
  case errc::failed_condition:
    return exit_code::not_met;
  case errc::unauthorized:
    return exit_code::no_access;
  }
  return exit_code::failure;
}

} // namespace ratchet::cli
