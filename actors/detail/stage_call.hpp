#pragma once

#include "actors/detail/attempt.hpp"
#include "ratchet/stage.hpp"

#include <filesystem>
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

  /// What `fail` was told last.
  struct declared_failure {
    std::string name;
    duration retry_after{0};
  };
  [[nodiscard]] const declared_failure& failure() const { return failure_; }

  /// True once a directory of the attempt was made.
  [[nodiscard]] bool touched_disk() const { return touched_disk_; }

private:
  const attempt_site& site_;
  std::filesystem::path output_dir_;
  std::string item_;
  std::string outcome_;
  std::string outcome_reason_;
  declared_failure failure_;
  mutable bool touched_disk_ = false;
};

} // namespace ratchet::actors::detail
