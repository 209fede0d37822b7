#include "api/service.hpp"

#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/router.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::api {
namespace {

constexpr std::size_t max_waiting_reads = 1024;
constexpr std::uint64_t small_body_bytes = std::uint64_t{1} << 20U;

/// What is below it is for attempts, with a token of their own.
constexpr std::string_view attempts_path = "/v1/attempts/";

std::string_view bearer_of(const request& head) {
  const auto credentials = head.header("authorization");
  return equal_ignoring_case(credentials.substr(0, 7), "Bearer ")
    ? credentials.substr(7)
    : std::string_view{};
}

/// Probes carry no token: they say nothing but "up" or "not".
bool is_probe(std::string_view path) {
  return path == "/livez" || path == "/readyz" || path == "/healthz";
}

body_plan refuse(response answer) {
  body_plan plan;
  plan.refused = true;
  plan.refusal = std::move(answer);
  return plan;
}

/// "HOST:PORT" without the port, and without the brackets of IPv6.
std::string_view host_of(std::string_view authority) {
  if (authority.substr(0, 1) == "[")
    return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

/// A browser says where the page that asks is from. Pages of other sites have
/// no business here, not even on a loopback address that they can reach.
bool from_other_site(const request& head) {
  const auto origin = head.header("origin");
  if (origin.empty())
    return false;
  const auto authority = origin.find("://");
  return authority == std::string_view::npos ||
    !equal_ignoring_case(origin.substr(authority + 3), head.header("host"));
}

} // namespace

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (b.empty())
    return a.empty();
  volatile unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference = difference |
      static_cast<unsigned>(
                   static_cast<unsigned char>(a[i]) ^
                   static_cast<unsigned char>(b[i % b.size()]));
  return difference == 0;
}

service::service(actors::client& node, service_options options)
    : options_(std::move(options)),
      context_{
        node,
        options_.clock != nullptr ? *options_.clock : system_clock_,
        pool_,
        stats_,
        std::make_shared<event_waiters>(),
        options_.advertised_url,
        options_.max_events_body,
        RATCHET_VERSION,
        {nullptr}},
      pool_(options_.worker_threads, max_waiting_reads) {}

service::~service() {
  context_.waiters->close();
}

std::uint64_t service::body_limit(body_size size) const {
  switch (size) {
  case body_size::none:
    return 0;
  case body_size::payload:
    return webhook_payload_bytes;
  case body_size::small:
    return small_body_bytes;
  case body_size::events:
    return options_.max_events_body;
  case body_size::artifact:
    return options_.max_artifact;
  }
  return 0;
}

bool service::allowed(const request& head) const {
  if (options_.token.empty() || is_probe(head.path))
    return true;
  return equal_in_constant_time(bearer_of(head), options_.token);
}

/// Attempts prove themselves, also to an engine that asks nobody else for a
/// token: that is what keeps a superseded one from writing.
bool service::allowed_for_attempt(const request& head) const {
  const auto token = bearer_of(head);
  if (!options_.token.empty() && equal_in_constant_time(token, options_.token))
    return true;
  if (options_.token.empty() && head.method == http_method::get)
    return true;
  return context_.node.is_attempt_token(head.parameters.values[0], token);
}

bool service::known_host(const request& head) const {
  const auto host = std::string{host_of(head.header("host"))};
  const auto authority = options_.advertised_url.find("://");
  return is_numeric_address(host) || equal_ignoring_case(host, "localhost") ||
    host.empty() || // HTTP/1.0, which no browser speaks.
    (authority != std::string::npos &&
     equal_ignoring_case(
       host,
       host_of(
         std::string_view{options_.advertised_url}.substr(authority + 3))));
}

body_plan service::plan(request& head) {
  if (options_.loopback_names_only && !known_host(head))
    return refuse(error_response(
      403,
      "this engine serves its own machine only, and does not know itself "
      "by the name in the Host field; ask for 127.0.0.1 or localhost, or "
      "set the URL it is to be known by"));
  const bool of_attempt = head.path.starts_with(attempts_path);
  if (!of_attempt && !allowed(head))
    return refuse(error_response(error{
      errc::unauthorized,
      "this engine asks for a token: send the header "
      "\"Authorization: Bearer <token>\""}));
  if (from_other_site(head))
    return refuse(
      error_response(403, "requests from pages of another site are not taken"));
  auto found =
    find_route(route_table(), head.method, head.path, head.parameters);
  if (!found)
    return refuse(error_response(found.err()));
  if (found->route == nullptr) {
    auto answer = error_response(
      405,
      std::string{head.method_name} + " is not served here; there is " +
        found->allow);
    answer.headers.emplace_back("Allow", std::move(found->allow));
    return refuse(std::move(answer));
  }
  head.route = found->route;
  if (of_attempt && !allowed_for_attempt(head))
    return refuse(error_response(error{
      errc::unauthorized,
      "this is for the attempt itself: send the header "
      "\"Authorization: Bearer $RATCHET_ATTEMPT_TOKEN\""}));
  body_plan plan;
  plan.limit = body_limit(head.route->body);
  if (head.route->sink != nullptr)
    plan.sink = head.route->sink(context_);
  return plan;
}

void service::handle(
  const request& request, std::shared_ptr<body_sink> sink, responder respond) {
  const auto& route = *request.route;
  if (route.now != nullptr) {
    route.now(context_, request, std::move(respond));
    return;
  }
  // The request stays where it is until it is answered.
  const bool taken = pool_.try_post([this, &request, &route, sink, respond] {
    respond(
      route.upload != nullptr ? route.upload(context_, request, *sink)
                              : route.blocking(context_, request));
  });
  if (!taken)
    respond(error_response(error{
      errc::unavailable,
      "more requests wait for the disk than may; try "
      "again"}));
}

void service::answered(
  const request& request, unsigned status, std::chrono::nanoseconds took) {
  const auto table = route_table();
  const auto place = request.route == nullptr
    ? api_stats::max_routes
    : static_cast<std::size_t>(request.route - table.data());
  const auto hundreds = std::min<std::size_t>(status / 100, 5);
  stats_.answers[place][hundreds].fetch_add(1, std::memory_order_relaxed);
  stats_.request_latency.add(took);
  if (request.route != nullptr && request.route->body == body_size::events)
    stats_.ingest_latency.add(took);
}

} // namespace ratchet::api
