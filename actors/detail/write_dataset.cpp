#include "actors/detail/area_round.hpp"
#include "actors/detail/builtin_stages.hpp"
#include "formats/dataset.hpp"
#include "storage/artifacts.hpp"
#include "storage/loop_journal.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ratchet::actors::detail {

namespace {

constexpr std::size_t starts_page = 500;

/// The starts of all iterations before this one.
result<std::vector<workflows::iteration_started>>
read_starts(const attempt_site& site) {
  std::vector<workflows::iteration_started> starts;
  auto before = site.order.start.number;
  while (before.value > 1) {
    const auto page =
      site.node->journal->summaries(site.loop->number, before, starts_page);
    if (!page)
      return page.err();
    for (const auto& summary : *page)
      starts.push_back(summary.start);
    if (page->size() < starts_page)
      break;
    before = page->back().start.number;
  }
  return starts;
}

result<workflows::admission_terms> read_terms(const attempt_site& site) {
  const auto& start = site.order.start;
  const auto& definition = site.plan->definition;
  // Only a data set of the whole history looks at what others refused.
  if (
    !site.order.stage->dataset.whole_history ||
    definition.timing == workflows::timing_policy{})
    return workflows::terms_of(start, definition.timing.late);
  const auto before = read_starts(site);
  if (!before)
    return before.err();
  return workflows::terms_of(start, definition.timing.late, *before);
}

/// A look for areas in what the data set is made of, at the version that served
/// when the iteration began.
result<std::vector<workflows::area_look>>
look_for_areas(const attempt_site& site, stage_call& call) {
  std::vector<workflows::area_look> looks;
  const auto& start = site.order.start;
  for (const auto& options : site.plan->definition.areas) {
    auto look = make_look(
      *site.node, site.loop->number, site.plan->definition,
      {options, start.champion, start.at, start.data_to}, [&call] {
        call.heartbeat();
        return call.canceled();
      });
    if (!look)
      return look.err();
    call.log(workflows::area_sentence(*look));
    looks.push_back(std::move(*look));
  }
  return looks;
}

/// What is recorded of these looks, with the stage.
void add_areas(
  const formats::dataset_manifest& manifest, attempt_report& report) {
  if (manifest.looks.empty())
    return;
  std::size_t areas = 0;
  auto& values = report.output.values;
  for (const auto& look : manifest.looks) {
    areas += look.areas.size();
    values["areas of " + look.metric] = workflows::area_sentence(look);
  }
  values["areas"] = std::to_string(areas);
  values["area_rows"] = std::to_string(manifest.area_rows);
  values["area_copies"] = std::to_string(manifest.area_copies);
}

} // namespace

attempt_report write_dataset(const attempt_site& site, stage_call& call) {
  auto terms = read_terms(site);
  if (!terms)
    return failed(terms.err());
  auto looks = look_for_areas(site, call);
  if (!looks)
    return failed(looks.err());
  const formats::dataset_hooks hooks{
    .canceled = [&call] { return call.canceled(); },
    .progress = [&call](double done) { call.progress(done, "reading"); },
    // Taken in here already; collecting the outputs finds it there.
    .digest =
      [&site](const std::filesystem::path& file) -> result<std::string> {
      const auto kept = site.node->artifacts->put_file(file);
      if (!kept)
        return kept.err();
      return kept->digest;
    },
  };
  const auto manifest = formats::export_dataset(
    *site.node->history,
    {.definition = site.plan->definition,
     .options = site.order.stage->dataset,
     .from = site.order.start.data_from,
     .to = site.order.start.data_to,
     .directory = call.output_dir(),
     .terms = std::move(*terms),
     .looks = std::move(*looks)},
    hooks);
  if (!manifest)
    return failed(manifest.err());
  attempt_report report;
  report.output.values = workflows::values_of(manifest->admission);
  report.output.values.merge(std::map<std::string, std::string>{
    {"train_rows", std::to_string(manifest->train.rows)},
    {"eval_rows", std::to_string(manifest->eval.rows)},
    {"joined", std::to_string(manifest->joined)},
    {"late", std::to_string(manifest->late)},
    {"unmatched", std::to_string(manifest->unmatched)},
    {"unusable", std::to_string(manifest->unusable)},
  });
  add_areas(*manifest, report);
  return report;
}

} // namespace ratchet::actors::detail
