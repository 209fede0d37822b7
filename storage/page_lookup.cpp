#include "storage/page_lookup.hpp"

#include <utility>

namespace ratchet::storage {

using analysis::event_ptr;

result<page_lookup>
page_lookup::make(const history& from, loop_number loop, event_page page) {
  page_lookup self;
  // One allocation for all: each event is a part of the page it came in.
  const auto shared =
    std::make_shared<const std::vector<stored_event>>(std::move(page.events));
  self.events_.reserve(shared->size());
  for (const auto& e : *shared)
    self.events_.emplace_back(shared, &e);
  if (self.events_.empty())
    return self;
  self.index_page();

  const auto questions = self.open_questions();
  const sequence before_page{self.events_.front()->seq.value - 1};
  const auto answered = from.find_many(
    loop, questions, before_page, [&](std::size_t which, stored_event e) {
      auto found = std::make_shared<const stored_event>(std::move(e));
      const auto id = questions[which].interaction_id;
      if (questions[which].wanted == history_query::what::interaction)
        self.interactions_.emplace(id, std::move(found));
      else
        self.feedback_.emplace(id, std::move(found));
    });
  if (!answered)
    return answered.err();
  return self;
}

void page_lookup::index_page() {
  for (const auto& e : events_) {
    if (e->content.kind == event_kind::interaction)
      interactions_.emplace(e->content.id, e);
    else
      feedback_.emplace(e->content.interaction_id, e);
  }
}

std::vector<history_query> page_lookup::open_questions() const {
  std::vector<history_query> questions;
  using what = history_query::what;
  for (const auto& e : events_) {
    if (e->content.kind == event_kind::interaction) {
      questions.push_back({what::feedback_about, e->content.id});
    } else if (!interactions_.contains(e->content.interaction_id)) {
      questions.push_back({what::interaction, e->content.interaction_id});
    }
  }
  return questions;
}

result<event_ptr> page_lookup::find_interaction(const std::string& id) const {
  const auto found = interactions_.find(id);
  return found == interactions_.end() ? event_ptr{} : found->second;
}

result<std::vector<event_ptr>>
page_lookup::feedback_of(const std::string& interaction_id) const {
  std::vector<event_ptr> out;
  const auto [from, to] = feedback_.equal_range(interaction_id);
  for (auto at = from; at != to; ++at)
    out.push_back(at->second);
  return out;
}

} // namespace ratchet::storage
