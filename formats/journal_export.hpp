#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "workflows/definition.hpp"
#include "workflows/iteration.hpp"

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Journals as a file that stands alone: what `ratchet export` writes and
/// `ratchet replay` reads. JSON lines; docs/formats/export.md has them.
///
/// Each line shows what it holds twice: as JSON for people and other programs,
/// and as the stored record, from which the engine reads it back exactly. Lines
/// come in blocks, each closed by a line with its SHA-256; the last says that
/// it is the last. So a file that was cut or changed is noticed.

namespace ratchet::formats {

/// The format that this build writes, and the only one there is yet.
constexpr std::uint32_t export_format = 1;

/// Writes one block of an export.
///
///   export_block block{0};
///   block.head("iteration", "digits");
///   block.definition(fingerprint, plan, json_of(plan));
///   ...
///   send(block.close(true));
class export_block {
public:
  /// `number` counts the blocks of a file from 0.
  explicit export_block(std::uint64_t number) : number_(number) {}

  /// The first line of a file. `kind`: "iteration" or "loop".
  void head(std::string_view kind, std::string_view loop);
  /// Before the first iteration that began under it. `view` is JSON. Values of
  /// environments are left out: they may hold secrets, and decide nothing.
  void definition(
    const std::string& fingerprint, const workflows::loop_definition& plan,
    std::string_view view);
  /// Before its events.
  void iteration(iteration_number number, const std::string& fingerprint);
  /// `view` is the event as answers show it, with its index.
  void event(const workflows::iteration_event& event, std::string_view view);
  /// Anything else that belongs to the loop: `type` names it.
  void other(std::string_view type, std::string_view view);

  [[nodiscard]] std::size_t bytes() const { return text_.size(); }
  /// The block with its checksum; `last`: nothing follows.
  [[nodiscard]] std::string close(bool last) &&;

private:
  std::uint64_t number_;
  std::uint64_t lines_ = 0;
  std::uint64_t next_index_ = 0; ///< Of the current iteration.
  std::string text_;
};

struct exported_iteration {
  std::string loop;
  iteration_number number;
  workflows::loop_definition plan;
  std::vector<workflows::iteration_event> events;
};

/// Reads an export, block by block: an iteration is given to `take` once the
/// block in which it ends has proven whole.
///
/// Errors: `invalid_argument` if it is no export, or one of a newer format;
///   `corruption` with the line if it was cut, changed or put together from
///   others; what `take` returns.
/// Cost:   memory for one block and one iteration.
[[nodiscard]] result<void> read_export(
  std::istream& from,
  const std::function<result<void>(exported_iteration)>& take);

} // namespace ratchet::formats
