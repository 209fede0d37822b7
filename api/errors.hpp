#pragma once

#include "api/message.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

/// The one place where failures become HTTP: `{"error": {"code", "message",
/// "details"}}` with a stable code and a sentence that says what to do.

namespace ratchet::api {

/// The status a failure is answered with.
[[nodiscard]] unsigned http_status(errc code);

/// The standard phrase of a status: "Not Found".
[[nodiscard]] std::string_view reason_phrase(unsigned status);

/// `details` is a JSON object, or empty for `{}`.
[[nodiscard]] response
error_response(const error& failure, std::string_view details = {});

/// For failures of the transport, which have a status but no errc.
[[nodiscard]] response
error_response(unsigned status, std::string_view message);

} // namespace ratchet::api
