#include "api/handlers.hpp"
#include "api/router.hpp"

#include <array>

namespace ratchet::api {
namespace {

constexpr auto get = http_method::get;
constexpr auto post = http_method::post;
constexpr auto put = http_method::put;
constexpr auto none = body_size::none;
constexpr auto small = body_size::small;
constexpr auto payload = body_size::payload;

constexpr route at_once(
  http_method method, std::string_view pattern, body_size body,
  io_handler handler) {
  return {method, pattern, body, handler, nullptr, nullptr, nullptr};
}

constexpr route on_disk(std::string_view pattern, blocking_handler handler) {
  return {get, pattern, none, nullptr, handler, nullptr, nullptr};
}

constexpr route with_body(
  http_method method, std::string_view pattern, blocking_handler handler) {
  return {method, pattern, small, nullptr, handler, nullptr, nullptr};
}

// The busiest first: the table is searched from the top.
constexpr std::array routes{
  at_once(post, "/v1/events", body_size::events, post_events),
  at_once(get, "/v1/loops/{loop}/assignment", none, get_assignment),
  at_once(get, "/v1/loops/{loop}/events", none, get_events),
  on_disk("/v1/loops", get_loops),
  on_disk("/v1/loops/{loop}", get_loop),
  on_disk("/v1/loops/{loop}/iterations", get_iterations),
  on_disk("/v1/loops/{loop}/iterations/{n}", get_iteration),
  on_disk("/v1/loops/{loop}/iterations/{n}/events", get_iteration_events),
  on_disk("/v1/loops/{loop}/iterations/{n}/timeline", get_timeline),
  on_disk("/v1/loops/{loop}/iterations/{n}/export", get_iteration_export),
  on_disk("/v1/loops/{loop}/iterations/{n}/stages/{stage}/log", get_stage_log),
  on_disk(
    "/v1/loops/{loop}/iterations/{n}/stages/{stage}/items", get_stage_items),
  on_disk("/v1/loops/{loop}/versions", get_versions),
  on_disk("/v1/loops/{loop}/metrics", get_metrics_of_loop),
  on_disk("/v1/loops/{loop}/decisions", get_decisions),
  on_disk("/v1/loops/{loop}/alarms", get_alarms),
  on_disk("/v1/loops/{loop}/areas", get_areas),
  on_disk("/v1/loops/{loop}/decisions/verification", get_decision_verification),
  with_body(post, "/v1/loops/{loop}/backtest", post_backtest),
  on_disk("/v1/loops/{loop}/experiments", get_experiments),
  on_disk("/v1/loops/{loop}/experiments/{n}", get_experiment),
  on_disk("/v1/loops/{loop}/triggers", get_triggers),
  on_disk("/v1/loops/{loop}/admissions", get_admissions),
  at_once(post, "/v1/loops/{loop}/webhooks/{name}", payload, post_webhook),
  at_once(
    post, "/v1/loops/{loop}/alarms/{n}/acknowledge", small, post_acknowledge),
  at_once(post, "/v1/loops/{loop}/versions", small, post_version),
  at_once(post, "/v1/loops/{loop}/trigger", small, post_trigger),
  at_once(post, "/v1/loops/{loop}/pause", small, post_pause),
  at_once(post, "/v1/loops/{loop}/resume", small, post_resume),
  at_once(post, "/v1/loops/{loop}/promote", small, post_promote),
  at_once(post, "/v1/loops/{loop}/rollback", small, post_rollback),
  at_once(post, "/v1/loops/{loop}/iterations/{n}/cancel", small, post_cancel),
  at_once(post, "/v1/loops/{loop}/iterations/{n}/retry", small, post_retry),
  at_once(post, "/v1/loops/{loop}/iterations/{n}/skip", small, post_skip),
  at_once(post, "/v1/loops/{loop}/iterations/{n}/approve", small, post_approve),
  at_once(post, "/v1/loops/{loop}/iterations/{n}/reject", small, post_reject),
  at_once(post, "/v1/loops/{loop}/iterations/{n}/signal", small, post_signal),
  on_disk("/v1/waits", get_waits),
  at_once(put, "/v1/attempts/{attempt}/steps/{name}", small, put_step),
  on_disk("/v1/attempts/{attempt}/steps/{name}", get_step),
  on_disk("/v1/attempts/{attempt}/steps", get_steps),
  with_body(put, "/v1/attempts/{attempt}/progress", post_progress),
  with_body(post, "/v1/attempts/{attempt}/progress", post_progress),
  with_body(put, "/v1/attempts/{attempt}/heartbeat", post_heartbeat),
  with_body(post, "/v1/attempts/{attempt}/heartbeat", post_heartbeat),
  on_disk("/v1/loops/{loop}/definitions", get_definitions),
  on_disk("/v1/loops/{loop}/definitions/diff", get_definition_diff),
  on_disk("/v1/loops/{loop}/definitions/{fingerprint}", get_definition),
  on_disk("/v1/loops/{loop}/export", get_loop_export),
  at_once(post, "/v1/loops/{loop}/iterations/{n}/pause", small, post_pause_one),
  at_once(
    post, "/v1/loops/{loop}/iterations/{n}/resume", small, post_resume_one),
  at_once(post, "/v1/loops/{loop}/iterations/{n}/label", small, post_label),
  at_once(post, "/v1/loops/{loop}/iterations/cancel", small, post_cancel_many),
  at_once(post, "/v1/loops/{loop}/iterations/retry", small, post_retry_many),
  at_once(post, "/v1/loops/{loop}/iterations/skip", small, post_skip_many),
  at_once(
    post, "/v1/loops/{loop}/iterations/approve", small, post_approve_many),
  at_once(post, "/v1/loops/{loop}/iterations/reject", small, post_reject_many),
  at_once(post, "/v1/loops/{loop}/iterations/signal", small, post_signal_many),
  at_once(post, "/v1/loops/{loop}/iterations/pause", small, post_pause_many),
  at_once(post, "/v1/loops/{loop}/iterations/resume", small, post_resume_many),
  at_once(post, "/v1/loops/{loop}/iterations/label", small, post_label_many),
  on_disk("/v1/audit", get_audit),
  at_once(post, "/v1/loops/{loop}/archive", small, post_archive),
  route{
    put, "/v1/artifacts", body_size::artifact, nullptr, nullptr, put_artifact,
    make_artifact_sink},
  on_disk("/v1/artifacts/{digest}", get_artifact),
  at_once(get, "/livez", none, get_livez),
  at_once(get, "/readyz", none, get_readyz),
  at_once(get, "/healthz", none, get_readyz),
  at_once(get, "/version", none, get_version),
  on_disk("/metrics", get_metrics),
};
static_assert(routes.size() <= api_stats::max_routes);

} // namespace

std::span<const route> route_table() {
  return routes;
}

} // namespace ratchet::api
