#include "actors/detail/area_round.hpp"

#include "actors/detail/experiment_setup.hpp"
#include "storage/loop_journal.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::actors::detail {

namespace {

/// A piece: large enough to ask much at once, small enough that others get
/// their turn with the readers.
constexpr storage::page_limits piece_limits{
  .events = 4096, .bytes = std::size_t{4} << 20U};

workflows::area_estimate to_record(const analysis::estimate& x) {
  return {x.value, x.low, x.high};
}

workflows::found_area to_record(const analysis::confirmed_area& area) {
  workflows::found_area out;
  for (const auto& test : area.tests)
    out.tests.push_back(
      {test.attribute, static_cast<workflows::area_test_kind>(test.kind),
       test.text, test.low, test.high});
  out.rows = area.rows;
  out.tested = area.tested;
  out.volume = to_record(area.volume);
  out.error = to_record(area.error);
  out.rest_error = to_record(area.rest_error);
  out.gap = to_record(area.gap);
  out.impact = to_record(area.impact);
  out.error_low = area.error_low;
  out.ln_e = area.ln_e;
  out.examples = area.examples;
  return out;
}

std::string value_of(const event& interaction, const std::string& attribute) {
  for (const auto& [name, value] : interaction.slices)
    if (name == attribute)
      return value;
  return {};
}

analysis::look_rule rule_of(
  const workflows::area_options& options,
  const std::vector<std::string>& attributes, const std::string& salt) {
  analysis::look_rule rule;
  rule.salt = salt;
  rule.attributes = attributes;
  rule.min_volume = options.min_volume;
  rule.min_gap = options.min_gap;
  rule.false_share = options.false_discovery_rate;
  rule.max_predicates = options.max_predicates;
  rule.most = options.most;
  rule.examples = options.examples;
  rule.one_per_subject = options.one_per_subject;
  return rule;
}

} // namespace

// One look --------------------------------------------------------------------

area_gathering::area_gathering(
  const services& node, loop_number loop,
  const workflows::loop_definition& definition, look_order order)
    : node_(node), loop_(loop), definition_(definition),
      order_(std::move(order)),
      attributes_(workflows::attributes_of(definition, order_.options)),
      salt_(definition.name + "/areas/" + order_.options.metric),
      reading_(reading_of(definition, order_.options.metric, std::nullopt)),
      sample_(salt_ + "/sample", order_.options.max_rows) {}

result<void> area_gathering::open() {
  auto hold = node_.history->hold(loop_);
  if (!hold)
    return hold.err();
  hold_ = std::move(*hold);
  const auto first =
    node_.history->first_since(loop_, order_.as_of - order_.options.look_back);
  if (!first)
    return first.err();
  // `to` may lie before what is recent enough.
  cursor_ = {std::max(first->value, hold_->first.value) - 1};
  return {};
}

bool area_gathering::counts(const stored_event& event) const {
  const auto& said = event.content;
  return said.kind == event_kind::interaction &&
    said.version == order_.version &&
    event.received + definition_.join_window <= order_.as_of &&
    sample_.wants(said.id);
}

result<bool> area_gathering::step() {
  if (!hold_)
    if (auto opened = open(); !opened)
      return opened.err();
  if (cursor_ >= order_.to)
    return false;
  auto page = node_.history->read(loop_, cursor_, piece_limits);
  if (!page)
    return page.err();
  std::vector<stored_event> interactions;
  for (auto& event : page->events)
    if (event.seq <= order_.to && counts(event))
      interactions.push_back(std::move(event));
  if (auto taken = take(interactions); !taken)
    return taken.err();
  const bool more = !page->at_end && page->next > cursor_;
  cursor_ = page->next;
  return more && cursor_ < order_.to;
}

result<void>
area_gathering::take(const std::vector<stored_event>& interactions) {
  std::vector<storage::history_query> questions;
  for (const auto& each : interactions)
    questions.push_back(
      {storage::history_query::what::feedback_about, each.content.id});
  std::vector<std::vector<analysis::event_ptr>> said(interactions.size());
  const auto answered = node_.history->find_many(
    loop_, questions, order_.to, [&](std::size_t which, stored_event feedback) {
      said[which].push_back(
        std::make_shared<const stored_event>(std::move(feedback)));
    });
  if (!answered)
    return answered;
  for (std::size_t i = 0; i < interactions.size(); ++i) {
    const auto& interaction = interactions[i];
    const auto outcome = analysis::outcome_of(
      reading_, interaction, said[i], definition_.join_window);
    if (!outcome)
      continue;
    analysis::area_row row{
      interaction.content.id, interaction.content.subject, 1 - *outcome, {}};
    for (const auto& attribute : attributes_)
      row.values.push_back(value_of(interaction.content, attribute));
    sample_.add(std::move(row));
  }
  return {};
}

result<workflows::area_look> area_gathering::finish() {
  hold_.reset();
  const auto found = analysis::look_for_areas(
    sample_.rows(), rule_of(order_.options, attributes_, salt_));
  if (!found)
    return found.err();
  workflows::area_look look;
  look.metric = order_.options.metric;
  look.version = order_.version;
  look.as_of = order_.as_of;
  look.to = order_.to;
  look.rows = found->rows;
  look.share = sample_.share();
  look.searched = found->searched;
  look.tested = found->tested;
  if (found->error)
    look.error = to_record(*found->error);
  look.bound = found->bound;
  look.false_discovery_rate = order_.options.false_discovery_rate;
  look.candidates = found->candidates;
  look.nominated = found->nominated;
  for (const auto& area : found->areas)
    look.areas.push_back(to_record(area));
  look.digest = found->digest;
  return look;
}

result<workflows::area_look> make_look(
  const services& node, loop_number loop,
  const workflows::loop_definition& definition, const look_order& order,
  const std::function<bool()>& canceled) {
  area_gathering gathering{node, loop, definition, order};
  while (true) {
    if (canceled && canceled())
      return error{errc::canceled, "looking for areas was canceled"};
    const auto more = gathering.step();
    if (!more)
      return more.err();
    if (!*more)
      return gathering.finish();
  }
}

// All that are due ------------------------------------------------------------

area_round::area_round(
  const services& node, std::shared_ptr<const hosted_loop> loop,
  std::map<std::string, time_point> looked, time_point now)
    : node_(node), loop_(std::move(loop)), looked_(std::move(looked)),
      now_(now) {}

result<void> area_round::plan() {
  const auto state = node_.journal->load_state(loop_->number);
  if (!state)
    return state.err();
  const auto first_seen = state->trigger.first_seen;
  for (const auto& options : loop_->plan->definition.areas) {
    const auto due = workflows::look_due(options, first_seen, now_);
    const auto after = due.value_or(first_seen) + options.every;
    next_ = next_ == time_point{} ? after : std::min(next_, after);
    const auto mark = state->areas.find(options.metric);
    const auto known = looked_.find(options.metric);
    if (
      !due || (mark != state->areas.end() && mark->second.as_of >= *due) ||
      (known != looked_.end() && known->second >= *due))
      continue;
    // What is taken in from then on is none of this look's.
    const auto behind = node_.history->first_since(loop_->number, *due);
    if (!behind)
      return behind.err();
    orders_.push_back(
      {options, state->champion, *due,
       std::min(
         node_.history->end(loop_->number), sequence{behind->value - 1})});
  }
  return {};
}

result<bool> area_round::step() {
  if (!planned_) {
    if (auto made = plan(); !made)
      return made.err();
    planned_ = true;
  }
  if (!at_) {
    if (orders_.empty())
      return false;
    at_.emplace(
      node_, loop_->number, loop_->plan->definition,
      std::move(orders_.front()));
    orders_.pop_front();
  }
  const auto more = at_->step();
  if (!more)
    return more.err();
  if (*more)
    return true;
  auto look = at_->finish();
  if (!look)
    return look.err();
  at_.reset();
  looks_.push_back(std::move(*look));
  return !orders_.empty();
}

} // namespace ratchet::actors::detail
