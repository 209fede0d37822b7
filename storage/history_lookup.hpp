#pragma once

#include "analysis/join.hpp"
#include "storage/history.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ratchet::storage {

/// The history of one loop as the join asks it. Cheap to make.
class history_lookup final : public analysis::join_lookup {
public:
  /// `from` must outlive this.
  history_lookup(const history& from, loop_number loop)
      : history_(from), loop_(loop) {}

  [[nodiscard]] result<std::optional<stored_event>>
  find_interaction(const std::string& id) const override {
    return history_.find(loop_, event_kind::interaction, id);
  }
  [[nodiscard]] result<std::vector<stored_event>>
  feedback_of(const std::string& interaction_id) const override {
    return history_.feedback_of(loop_, interaction_id);
  }

private:
  const history& history_;
  loop_number loop_;
};

} // namespace ratchet::storage
