#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "formats/json_writer.hpp"

namespace ratchet::api {
namespace {

constexpr std::size_t max_unit_bytes = 256;

response describe(
  const std::string& loop, const actors::served_version& served,
  std::string_view unit, const std::string& base) {
  response out;
  out.body.reserve(384);
  formats::json_writer writer{out.body};
  writer.begin_object().field("loop", loop).field("unit", unit);
  writer.field("version", served.version.value)
    .field("arm", "champion")
    .field("propensity", 1.0)
    .key("artifact")
    .begin_object()
    .field("uri", base + "/v1/artifacts/" + served.digest)
    .field("digest", served.digest)
    .field("name", served.name)
    .end_object()
    .end_object();
  out.body += '\n';
  return out;
}

} // namespace

/// From memory, on the io thread: a serving app asks before each inference.
void get_assignment(
  api_context& context, const request& request, responder respond) {
  query_reader query{request.query};
  const auto unit = query.text("unit");
  if (auto read = query.finish(); !read) {
    respond(error_response(read.err()));
    return;
  }
  if (unit.size() > max_unit_bytes) {
    respond(error_response(error{
      errc::invalid_argument, "parameter \"unit\" is longer than 256 bytes"}));
    return;
  }
  const auto loop = hosted_loop(context, request);
  if (!loop) {
    respond(error_response(loop.err()));
    return;
  }
  const auto& name = (*loop)->name;
  const auto table = context.node.assignments();
  const auto served = table->find(name);
  if (served == table->end() || served->second.version.value == 0) {
    respond(error_response(error{
      errc::not_found,
      "loop \"" + name +
        "\" has no champion yet; add one "
        "with POST /v1/loops/" +
        percent_encode(name) + "/versions, or let an iteration promote one"}));
    return;
  }
  respond(describe(name, served->second, unit, base_url(context, request)));
}

std::string base_url(const api_context& context, const request& request) {
  if (!context.advertised_url.empty())
    return context.advertised_url;
  return "http://" + std::string{request.header("host")};
}

result<const workflows::loop_definition*>
hosted_loop(const api_context& context, const request& request) {
  const auto& loops = context.node.loops();
  const auto& name = request.parameters.values[0];
  if (const auto found = loops.find(name); found != loops.end())
    return &found->second;
  constexpr std::size_t enough = 10;
  std::string names;
  std::size_t count = 0;
  for (const auto& [each, definition] : loops) {
    if (++count > enough) {
      names += ", ...";
      break;
    }
    names += (names.empty() ? "" : ", ") + each;
  }
  return error{
    errc::not_found,
    "there is no loop \"" + name + "\" here; " +
      (names.empty() ? "this node hosts none" : "there are: " + names)};
}

result<std::uint64_t>
number_of_path(const request& request, std::string_view what) {
  const auto& text = request.parameters.values[1];
  constexpr std::size_t most_digits = 18;
  std::uint64_t number = 0;
  const bool digits = !text.empty() && text.size() <= most_digits &&
    text.find_first_not_of("0123456789") == std::string::npos;
  if (digits)
    number = std::stoull(text);
  if (number == 0)
    return error{
      errc::invalid_argument,
      std::string{what} + " is named by its number, from 1"};
  return number;
}

result<iteration_number> iteration_of_path(const request& request) {
  const auto number = number_of_path(request, "an iteration");
  if (!number)
    return number.err();
  return iteration_number{*number};
}

} // namespace ratchet::api
