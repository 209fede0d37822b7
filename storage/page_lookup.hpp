#pragma once

#include "analysis/join.hpp"
#include "storage/history.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ratchet::storage {

/// What the join asks about the events of one page: answered from the page
/// itself where both sides are in it, as they mostly are, and for the rest by
/// one bulk question to the history.
///
/// A reader that is far behind stays cheap this way: asked one by one, every
/// lookup would read a page of the index, and the reader would fall behind for
/// good.
///
/// Threads: one at a time.
class page_lookup final : public analysis::join_lookup {
public:
  /// Errors: as history::find_many.
  [[nodiscard]] static result<page_lookup>
  make(const history& from, loop_number loop, event_page page);

  /// The page's events, in order.
  [[nodiscard]] const std::vector<analysis::event_ptr>& events() const {
    return events_;
  }

  /// Of events in the page, or that events in the page speak of.
  [[nodiscard]] result<analysis::event_ptr>
  find_interaction(const std::string& id) const override;
  [[nodiscard]] result<std::vector<analysis::event_ptr>>
  feedback_of(const std::string& interaction_id) const override;

private:
  void index_page();
  [[nodiscard]] std::vector<history_query> open_questions() const;

  std::vector<analysis::event_ptr> events_;
  /// Keys are views into the events, or into those that speak of them.
  std::unordered_map<std::string_view, analysis::event_ptr> interactions_;
  std::unordered_multimap<std::string_view, analysis::event_ptr> feedback_;
};

} // namespace ratchet::storage
