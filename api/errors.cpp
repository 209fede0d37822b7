#include "api/errors.hpp"

#include "formats/json_writer.hpp"

namespace ratchet::api {

unsigned http_status(errc code) {
  switch (code) {
  case errc::not_found:
    return 404;
  case errc::already_exists:
  case errc::conflict:
  case errc::canceled:
  case errc::failed_condition:
    return 409;
  case errc::invalid_argument:
    return 400;
  case errc::unauthorized:
    return 401;
  case errc::resource_limit:
    return 413;
  case errc::not_leader:
  case errc::unavailable:
    return 503;
  case errc::timed_out:
    return 504;
  case errc::corruption:
  case errc::io_error:
    return 500;
  }
  return 500;
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 206:
    return "Partial Content";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 413:
    return "Content Too Large";
  case 415:
    return "Unsupported Media Type";
  case 417:
    return "Expectation Failed";
  case 431:
    return "Request Header Fields Too Large";
  case 500:
    return "Internal Server Error";
  case 501:
    return "Not Implemented";
  case 503:
    return "Service Unavailable";
  case 504:
    return "Gateway Timeout";
  case 505:
    return "HTTP Version Not Supported";
  default:
    return "Error";
  }
}

namespace {

/// The stable code of a status that the transport answers with itself.
std::string_view transport_code(unsigned status) {
  switch (status) {
  case 401:
    return "unauthorized";
  case 403:
    return "forbidden";
  case 404:
    return "not_found";
  case 405:
    return "method_not_allowed";
  case 408:
  case 504:
    return "timed_out";
  case 413:
  case 431:
    return "resource_limit";
  case 503:
    return "unavailable";
  case 501:
  case 505:
    return "unsupported";
  default:
    return "invalid_argument";
  }
}

response make(
  unsigned status, std::string_view code, std::string_view message,
  std::string_view details) {
  response out;
  out.status = status;
  formats::json_writer writer{out.body};
  writer.begin_object().key("error").begin_object();
  writer.field("code", code).field("message", message);
  writer.key("details").raw(details.empty() ? "{}" : details);
  writer.end_object().end_object();
  out.body += '\n';
  if (status == 503)
    out.headers.emplace_back("Retry-After", "1");
  if (status == 401)
    out.headers.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

} // namespace

response error_response(const error& failure, std::string_view details) {
  return make(
    http_status(failure.code), to_string(failure.code), failure.message,
    details);
}

response error_response(unsigned status, std::string_view message) {
  return make(status, transport_code(status), message, {});
}

} // namespace ratchet::api
