#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ratchet::workflows {

/// What an end of a nested iteration means to the stage that waits for it. On
/// disk: never renumber.
enum class child_policy : std::uint8_t {
  fail = 1,  ///< The stage fails.
  go_on = 2, ///< The stage succeeds, and records how the child ended.
};

[[nodiscard]] std::string_view to_string(child_policy policy);

/// `.run_loop`: whose iteration a stage runs. How long it waits is its
/// timeout.
struct nested_options {
  std::string loop;
  child_policy on_timeout = child_policy::fail;
  child_policy on_rejected = child_policy::fail;
  child_policy on_failed = child_policy::fail; ///< Or canceled.
};

} // namespace ratchet::workflows
