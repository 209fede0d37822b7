#pragma once

#include "actors/detail/attempt.hpp"
#include "ratchet/stage.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace ratchet::actors::detail {

/// The context of one call of a stage function. Directories are made when
/// they are first asked for, so that a stage without files costs none.
class stage_call final : public stage_context {
public:
  explicit stage_call(const attempt_site& site)
      : site_(site), output_dir_(site.directory() / "out") {
    if (site.order.item)
      item_ = site.order.item->value;
    if (site.order.ending) {
      outcome_ = to_string(site.order.ending->outcome);
      outcome_reason_ = site.order.ending->reason;
    }
  }

  [[nodiscard]] const std::string& loop() const override {
    return site_.loop->name;
  }
  [[nodiscard]] iteration_number iteration() const override {
    return site_.order.start.number;
  }
  [[nodiscard]] const std::string& stage() const override {
    return site_.order.stage->name;
  }
  [[nodiscard]] const std::string& item() const override { return item_; }
  [[nodiscard]] std::uint32_t item_index() const override {
    return site_.order.item ? site_.order.item->index : 0;
  }
  [[nodiscard]] const std::string& attempt_id() const override {
    return site_.order.id;
  }
  [[nodiscard]] const std::filesystem::path& output_dir() const override;
  [[nodiscard]] result<std::filesystem::path>
  input_dir(const std::string& stage) const override;
  [[nodiscard]] result<std::string>
  input_value(const std::string& stage, const std::string& name) const override;
  [[nodiscard]] result<std::filesystem::path> champion() const override;
  [[nodiscard]] const std::string& outcome() const override { return outcome_; }
  [[nodiscard]] const std::string& outcome_reason() const override {
    return outcome_reason_;
  }
  [[nodiscard]] bool canceled() const override {
    return site_.canceled->load();
  }
  void progress(double done, std::string_view note) override;
  void heartbeat() override { ++*site_.beats; }
  [[nodiscard]] error
  fail(std::string name, std::string message, duration retry_after) override;
  void log(std::string_view line) override;
  [[nodiscard]] result<void>
  sleep_for(std::string_view name, duration time) override;
  [[nodiscard]] result<void> sleep_until(time_point time) override;
  [[nodiscard]] result<received_signal>
  wait_for_signal(std::string_view signal, duration within) override;

  /// What `fail` was told last.
  struct declared_failure {
    std::string name;
    duration retry_after{0};
  };
  [[nodiscard]] const declared_failure& failure() const { return failure_; }

  /// What it waits for; nothing: it is not suspended.
  [[nodiscard]] const std::optional<actors::suspension>& suspension() const {
    return suspension_;
  }

  /// True once a directory of the attempt was made.
  [[nodiscard]] bool touched_disk() const { return touched_disk_; }

private:
  result<std::optional<std::string>> recall(std::string_view name) override;
  result<void> remember(std::string_view name, std::string value) override;
  /// Takes `name` for this run. Null: no run before has recorded it.
  [[nodiscard]] result<const workflows::step_memo*>
  take_name(std::string_view name);
  [[nodiscard]] result<void> sleep(std::string_view name, time_point until);
  [[noreturn]] void suspend(actors::suspension wish);
  [[nodiscard]] result<workflows::iteration_event>
  event_of(const workflows::step_memo& memo) const;

  const attempt_site& site_;
  std::filesystem::path output_dir_;
  std::string item_;
  std::string outcome_;
  std::string outcome_reason_;
  declared_failure failure_;
  std::set<std::string, std::less<>> taken_; ///< Names of steps, in this run.
  std::map<std::string, int, std::less<>> signals_; ///< Waited for so often.
  std::optional<actors::suspension> suspension_;
  mutable bool touched_disk_ = false;
};

} // namespace ratchet::actors::detail
