#include "actors/client.hpp"
#include "analysis/exposure.hpp"
#include "analysis/live_experiment.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "formats/json_writer.hpp"

#include <atomic>
#include <chrono>
#include <string>

namespace ratchet::api {
namespace {

constexpr std::size_t max_unit_bytes = 256;

/// A request that names no unit is one of its own: whoever repeats it may get
/// another arm.
std::string unit_of_request() {
  static std::atomic<std::uint64_t> count{0};
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return std::to_string(now) + "." + std::to_string(count.fetch_add(1));
}

/// Who serves this unit, and with which probability.
struct chosen_arm {
  const actors::served_version* version = nullptr;
  std::size_t arm = 0;
  double propensity = 1;
};

chosen_arm
choose(const actors::served_version& champion, std::string_view unit) {
  if (champion.experiment == nullptr)
    return {&champion, 0, 1};
  const auto& with = *champion.experiment;
  const auto arm = analysis::assign_arm(
    unit.empty() ? unit_of_request() : std::string{unit}, with.salt,
    with.shares);
  return {
    arm == 0 ? &champion : &with.challengers.at(arm - 1), arm,
    with.shares.at(arm)};
}

response describe(
  const std::string& loop, const actors::served_version& champion,
  std::string_view unit, const std::string& base) {
  const auto chosen = choose(champion, unit);
  const auto& served = *chosen.version;
  response out;
  out.body.reserve(512);
  formats::json_writer writer{out.body};
  writer.begin_object().field("loop", loop).field("unit", unit);
  writer.field("version", served.version.value)
    .field("arm", analysis::arm_name(chosen.arm))
    .field("propensity", chosen.propensity);
  if (champion.experiment != nullptr) {
    writer.field("experiment", champion.experiment->number.value)
      .key("shares")
      .begin_array();
    for (const auto share : champion.experiment->shares)
      writer.value(share);
    writer.end_array();
  }
  writer.key("artifact")
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
