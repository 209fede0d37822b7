#include "base/result.hpp"

namespace ratchet {

std::string_view to_string(errc code) {
  switch (code) {
  case errc::not_found:
    return "not_found";
  case errc::already_exists:
    return "already_exists";
  case errc::invalid_argument:
    return "invalid_argument";
  case errc::conflict:
    return "conflict";
  case errc::not_leader:
    return "not_leader";
  case errc::timed_out:
    return "timed_out";
  case errc::corruption:
    return "corruption";
  case errc::io_error:
    return "io_error";
  case errc::unavailable:
    return "unavailable";
  case errc::resource_limit:
    return "resource_limit";
  case errc::canceled:
    return "canceled";
  case errc::failed_condition:
    return "failed_condition";
  case errc::unauthorized:
    return "unauthorized";
  }
  return "unknown";
}

} // namespace ratchet
