#include "actors/errors.hpp"

#include <caf/all.hpp>

namespace ratchet::actors {

namespace {

constexpr auto category = caf::atom("ratchet");

} // namespace

caf::error to_caf(const error& e) {
  return {
    static_cast<std::uint8_t>(e.code), category, caf::make_message(e.message)};
}

error from_caf(const caf::error& e) {
  if (e.category() == category) {
    std::string text;
    if (e.context().match_elements<std::string>())
      text = e.context().get_as<std::string>(0);
    return {static_cast<errc>(e.code()), std::move(text)};
  }
  if (e == caf::sec::request_timeout)
    return {errc::timed_out, "the engine did not answer in time"};
  return {
    errc::unavailable, "the engine is stopping or restarting: " + to_string(e)};
}

} // namespace ratchet::actors
