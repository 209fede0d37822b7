#pragma once

#include <ratchet/ratchet.hpp>

/// The stages of `assistant`, as functions. What they do for real is small, so
/// each takes its time besides: `PACE` seconds (1 without it) for a piece of
/// work.

namespace complex_example {

/// Tells the status page that a new version is in the making.
ratchet::result<ratchet::stage_output> announce(ratchet::stage_context&);
/// Takes that back.
ratchet::result<ratchet::stage_output> withdraw(ratchet::stage_context&);

/// For a language: its rows, and how right the champion is on them.
ratchet::result<ratchet::stage_output> profile(ratchet::stage_context&);
/// For a recipe: a model.
ratchet::result<ratchet::stage_output> train(ratchet::stage_context&);
/// For a recipe: its model and the champion on the same held-back rows.
ratchet::result<ratchet::stage_output> evaluate(ratchet::stage_context&);

/// Calls whoever is on duty.
ratchet::result<ratchet::stage_output> page(ratchet::stage_context&);
/// Says how the iteration ends.
ratchet::result<ratchet::stage_output> report(ratchet::stage_context&);

/// Of `rubric`: what a missed escalation costs, by a survey.
ratchet::result<ratchet::stage_output> survey(ratchet::stage_context&);

} // namespace complex_example
