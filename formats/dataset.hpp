#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/history.hpp"
#include "workflows/admission.hpp"
#include "workflows/areas.hpp"
#include "workflows/definition.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

/// Training sets out of the history: every interaction that got feedback on
/// one channel becomes one row (docs/formats/dataset.md).
///
///   labels   {"input":...,"label":"7","_meta":{...}}
///   sft      {"messages":[...],"_meta":{...}}, or
///            {"prompt":...,"completion":"...","_meta":{...}}
///   kto      {"prompt":...,"completion":...,"label":true,"_meta":{...}}

namespace ratchet::formats {

/// What to write and where.
struct dataset_request {
  const workflows::loop_definition& definition;
  workflows::dataset_options options;
  /// What joined in (from, to] makes the rows. `from` is the end of the last
  /// dataset; with `whole_history` it does not count, and all up to `to` does.
  sequence from;
  sequence to;
  std::filesystem::path directory; ///< Must be there.
  /// What of it may be used (workflows/admission.hpp): as it is, everything.
  workflows::admission_terms terms{};
  /// What the loop's looks for areas found, of the same history. A row for
  /// training in any of their areas is written `options.oversample_areas`
  /// times.
  std::vector<workflows::area_look> looks{};
};

/// How the writing is watched; each may be empty.
struct dataset_hooks {
  std::function<bool()> canceled;
  std::function<void(double done)> progress; ///< From 0 to 1.
  /// The SHA-256 of a finished file, for the manifest.
  std::function<result<std::string>(const std::filesystem::path&)> digest;
};

struct dataset_file {
  std::string name; ///< "train.jsonl", "eval.jsonl"
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::string digest; ///< Empty without the hook.
};

/// What dataset.json says.
struct dataset_manifest {
  std::string loop;
  workflows::dataset_options options;
  sequence from; ///< The range that was read: (from, to].
  sequence to;
  /// The first event that retention had left of it; behind `to` if none.
  sequence first;
  dataset_file train;
  dataset_file eval;
  std::uint64_t joined = 0;    ///< Pieces of feedback in the rows.
  std::uint64_t late = 0;      ///< Of these, after the join window.
  std::uint64_t unmatched = 0; ///< Feedback whose interaction is not there.
  std::uint64_t unusable = 0;  ///< Interactions without what a row needs.
  /// What became of each piece of feedback that joined in the range.
  workflows::admission_counts admission;
  std::vector<workflows::area_look> looks{};
  std::uint64_t area_rows = 0; ///< For training that are in an area, each once.
  std::uint64_t area_copies = 0; ///< That were written of these besides.
};

/// Writes train.jsonl, eval.jsonl and, last, dataset.json.
///
/// Shape:  one row per interaction, with its feedback of the range folded: the
///         last by place in the history wins; what the terms refuse is as if
///         it had not come, and counted. Rows stand where their last piece
///         joined, refused or not. Late feedback counts; an interaction without
///         an input (kto: or output) is `unusable`. A row of an area stands as
///         often as it is drawn, at its place; by a hash of its interaction
///         where that is no whole number. The same range gives the
///         same bytes, as long as the same of it is left: retention waits until
///         this is done, and what it took before is as if it had never come.
/// Errors: `invalid_argument` for an unknown format or channel, a channel
///         whose type the format has no use for (kto: boolean; sft: text or
///         category), or a range beyond the history; `canceled`; those of the
///         history; `io_error`. On an error there is no dataset.json.
/// Durability: each file appears whole, fsynced; the directory too, at the end.
/// Cost:   one pass over the range, one lookup per interaction and two per
///         piece of feedback; constant memory.
[[nodiscard]] result<dataset_manifest> export_dataset(
  const storage::history& history, const dataset_request& request,
  const dataset_hooks& hooks = {});

/// As dataset.json has it.
[[nodiscard]] std::string to_text(const dataset_manifest& manifest);

} // namespace ratchet::formats
