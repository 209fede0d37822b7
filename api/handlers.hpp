#pragma once

#include "actors/client.hpp"
#include "api/context.hpp"
#include "api/message.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// The handlers, by the file they are in. What each answers is in
/// docs/http.md; which path leads to it, in route_table.cpp.

namespace ratchet::api {

// events_route.cpp
void post_events(api_context&, const request&, responder);

// history_route.cpp
void get_events(api_context&, const request&, responder);

// loop_routes.cpp
response get_loops(api_context&, const request&);
response get_loop(api_context&, const request&);
response get_decisions(api_context&, const request&);
response get_versions(api_context&, const request&);

// metric_routes.cpp
response get_metrics_of_loop(api_context&, const request&);

// alarm_routes.cpp
response get_alarms(api_context&, const request&);
void post_acknowledge(api_context&, const request&, responder);

// area_routes.cpp
response get_areas(api_context&, const request&);

// assignment_route.cpp
void get_assignment(api_context&, const request&, responder);

// search_route.cpp
response get_iterations(api_context&, const request&);

// iteration_routes.cpp
response get_iteration(api_context&, const request&);
response get_stage_items(api_context&, const request&);
response get_stage_log(api_context&, const request&);

// journal_routes.cpp
response get_iteration_events(api_context&, const request&);
response get_timeline(api_context&, const request&);
response get_iteration_export(api_context&, const request&);

// definition_routes.cpp
response get_definitions(api_context&, const request&);
response get_definition(api_context&, const request&);
response get_definition_diff(api_context&, const request&);

// export_route.cpp
response get_loop_export(api_context&, const request&);

// operator_routes.cpp
void post_trigger(api_context&, const request&, responder);
void post_pause(api_context&, const request&, responder);
void post_resume(api_context&, const request&, responder);
void post_archive(api_context&, const request&, responder);
void post_promote(api_context&, const request&, responder);
void post_rollback(api_context&, const request&, responder);
void post_version(api_context&, const request&, responder);
void post_cancel(api_context&, const request&, responder);
void post_retry(api_context&, const request&, responder);
void post_skip(api_context&, const request&, responder);
void post_approve(api_context&, const request&, responder);
void post_reject(api_context&, const request&, responder);
void post_signal(api_context&, const request&, responder);
void post_pause_one(api_context&, const request&, responder);
void post_resume_one(api_context&, const request&, responder);
void post_label(api_context&, const request&, responder);

// wait_routes.cpp
response get_waits(api_context&, const request&);

// admission_route.cpp
response get_admissions(api_context&, const request&);

// bulk_routes.cpp
void post_cancel_many(api_context&, const request&, responder);
void post_retry_many(api_context&, const request&, responder);
void post_skip_many(api_context&, const request&, responder);
void post_approve_many(api_context&, const request&, responder);
void post_reject_many(api_context&, const request&, responder);
void post_signal_many(api_context&, const request&, responder);
void post_pause_many(api_context&, const request&, responder);
void post_resume_many(api_context&, const request&, responder);
void post_label_many(api_context&, const request&, responder);

// audit_route.cpp
response get_audit(api_context&, const request&);

// experiment_routes.cpp
response get_experiments(api_context&, const request&);
response get_experiment(api_context&, const request&);
response get_decision_verification(api_context&, const request&);

// backtest_route.cpp
response post_backtest(api_context&, const request&);

// trigger_routes.cpp
response get_triggers(api_context&, const request&);
void post_webhook(api_context&, const request&, responder);

// attempt_routes.cpp
void put_step(api_context&, const request&, responder);
response get_step(api_context&, const request&);
response get_steps(api_context&, const request&);
response post_heartbeat(api_context&, const request&);
response post_progress(api_context&, const request&);

// artifact_routes.cpp
std::shared_ptr<body_sink> make_artifact_sink(api_context&);
response put_artifact(api_context&, const request&, body_sink&);
response get_artifact(api_context&, const request&);

// node_routes.cpp
void get_livez(api_context&, const request&, responder);
void get_readyz(api_context&, const request&, responder);
void get_version(api_context&, const request&, responder);
response get_metrics(api_context&, const request&);

/// The most that a webhook's caller may send, with a call.
inline constexpr std::uint64_t webhook_payload_bytes = std::uint64_t{64} << 10U;

// Shared ---------------------------------------------------------------------

/// The base of the URLs in an answer: as configured, or as the request names
/// the host.
[[nodiscard]] std::string base_url(const api_context&, const request&);

/// The definition of the loop that the path names first.
/// Errors: `not_found`, with the names there are.
[[nodiscard]] result<const workflows::loop_definition*>
hosted_loop(const api_context&, const request&);

/// The number that the path names second, of `what`: "an alarm".
/// Errors: `invalid_argument` if it is no number from 1.
[[nodiscard]] result<std::uint64_t>
number_of_path(const request&, std::string_view what);

/// The iteration that the path names second.
/// Errors: as `number_of_path`.
[[nodiscard]] result<iteration_number> iteration_of_path(const request&);

/// Hands `wish` to the node and answers with what came of it.
void carry_out(
  api_context& context, actors::operator_request wish, responder respond);

} // namespace ratchet::api
