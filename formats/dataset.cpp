#include "formats/dataset.hpp"

#include "analysis/fold.hpp"
#include "analysis/hash.hpp"
#include "analysis/join.hpp"
#include "analysis/split.hpp"
#include "formats/area_json.hpp"
#include "formats/detail/dataset_rows.hpp"
#include "formats/detail/file_writer.hpp"
#include "formats/json.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace ratchet::formats {

namespace {

/// Far more than people say about one interaction.
constexpr std::size_t most_feedback = 100'000;

/// As the join asks, but for all there is to one interaction. What retention
/// has let go is not there, even while it can still be read: when it goes must
/// not decide what a row says.
class whole_lookup final : public analysis::join_lookup {
public:
  whole_lookup(const storage::history& from, loop_number loop, sequence first)
      : history_(from), loop_(loop), first_(first) {}

  [[nodiscard]] result<analysis::event_ptr>
  find_interaction(const std::string& id) const override {
    auto found = history_.find(loop_, event_kind::interaction, id);
    if (!found)
      return found.err();
    if (!*found || (*found)->seq < first_)
      return analysis::event_ptr{};
    return share(std::move(**found));
  }
  [[nodiscard]] result<std::vector<analysis::event_ptr>>
  feedback_of(const std::string& interaction_id) const override {
    auto found = pieces_of(interaction_id);
    if (!found)
      return found.err();
    std::vector<analysis::event_ptr> out;
    for (auto& e : *found)
      out.push_back(share(std::move(e)));
    return out;
  }
  /// The same, by value.
  [[nodiscard]] result<std::vector<stored_event>>
  pieces_of(const std::string& interaction_id) const {
    auto found = history_.feedback_of(loop_, interaction_id, most_feedback);
    if (found)
      std::erase_if(
        *found, [&](const stored_event& f) { return f.seq < first_; });
    return found;
  }

private:
  static analysis::event_ptr share(stored_event e) {
    return std::make_shared<const stored_event>(std::move(e));
  }

  const storage::history& history_;
  loop_number loop_;
  sequence first_;
};

/// Goes through the range once. A row is written where the last piece of
/// feedback about its interaction joins, found by asking for all of them: so
/// nothing needs to be remembered until then, however far apart they are.
class exporter {
public:
  exporter(
    const storage::history& history, loop_number loop, sequence first,
    const dataset_request& request, const dataset_hooks& hooks,
    detail::row_format format)
      : history_(history), lookup_(history, loop, first), loop_(loop),
        request_(request), hooks_(hooks), format_(format) {
    manifest_.loop = request.definition.name;
    manifest_.options = request.options;
    manifest_.looks = request.looks;
    manifest_.from = request.options.whole_history ? sequence{} : request.from;
    manifest_.to = request.to;
    manifest_.first = std::max(first, manifest_.from.next());
    manifest_.train.name = "train.jsonl";
    manifest_.eval.name = "eval.jsonl";
  }

  result<dataset_manifest> run() {
    auto train = create(manifest_.train);
    if (!train)
      return train.err();
    auto eval = create(manifest_.eval);
    if (!eval)
      return eval.err();
    train_ = &*train;
    eval_ = &*eval;
    if (const auto read = read_range(); !read)
      return read.err();
    if (const auto done = finish(*train, manifest_.train); !done)
      return done.err();
    if (const auto done = finish(*eval, manifest_.eval); !done)
      return done.err();
    return std::move(manifest_);
  }

private:
  result<detail::file_writer> create(const dataset_file& file) const {
    return detail::file_writer::create(request_.directory / file.name);
  }

  result<void> finish(detail::file_writer& writer, dataset_file& file) const {
    file.bytes = writer.bytes();
    if (auto written = writer.commit(); !written)
      return written;
    if (!hooks_.digest)
      return {};
    auto digest = hooks_.digest(request_.directory / file.name);
    if (!digest)
      return digest.err();
    file.digest = std::move(*digest);
    return {};
  }

  result<void> read_range() {
    sequence after{manifest_.first.value - 1};
    while (after < manifest_.to) {
      if (hooks_.canceled && hooks_.canceled())
        return error{errc::canceled, "writing the dataset was canceled"};
      auto page = history_.read(loop_, after);
      if (!page)
        return page.err();
      for (auto& e : page->events) {
        if (e.seq > manifest_.to)
          break;
        auto read =
          read_event(std::make_shared<const stored_event>(std::move(e)));
        if (!read)
          return read;
      }
      if (page->at_end || page->next <= after)
        break;
      after = page->next;
      report(after);
    }
    report(manifest_.to);
    return {};
  }

  void report(sequence at) const {
    const auto all = manifest_.to.value - manifest_.from.value;
    const auto done =
      std::min(at.value, manifest_.to.value) - manifest_.from.value;
    if (hooks_.progress && all > 0)
      hooks_.progress(static_cast<double>(done) / static_cast<double>(all));
  }

  result<void> read_event(const analysis::event_ptr& e) {
    const bool feedback = e->content.kind == event_kind::feedback;
    if (feedback && e->content.channel != request_.options.channel)
      return {};
    auto pairs = analysis::join(e, lookup_, request_.definition.join_window);
    if (!pairs)
      return pairs.err();
    std::erase_if(*pairs, [&](const analysis::joined_pair& pair) {
      return pair.feedback->content.channel != request_.options.channel;
    });
    if (!pairs->empty())
      return write_if_last(e->seq, *pairs->front().interaction);
    return feedback ? count_if_unmatched(*e) : result<void>{};
  }

  /// Feedback that comes before its interaction joins there, if that is still
  /// in the range.
  result<void> count_if_unmatched(const stored_event& e) {
    const auto found = lookup_.find_interaction(e.content.interaction_id);
    if (!found)
      return found.err();
    if (*found == nullptr || (*found)->seq > manifest_.to)
      ++manifest_.unmatched;
    return {};
  }

  result<void> write_if_last(sequence here, const stored_event& interaction) {
    auto pieces = lookup_.pieces_of(interaction.content.id);
    if (!pieces)
      return pieces.err();
    const auto place = [&](const stored_event& f) {
      return std::max(f.seq, interaction.seq);
    };
    std::erase_if(*pieces, [&](const stored_event& f) {
      return f.content.channel != request_.options.channel ||
        place(f) <= manifest_.from || place(f) > manifest_.to;
    });
    const bool more_to_come =
      std::any_of(pieces->begin(), pieces->end(), [&](const stored_event& f) {
        return place(f) > here;
      });
    if (more_to_come)
      return {};
    const auto refused = [&](const stored_event& f) {
      return !admit({f.seq, interaction.seq, interaction.content.version});
    };
    std::erase_if(*pieces, refused);
    return pieces->empty() ? result<void>{} : write_row(interaction, *pieces);
  }

  /// Each piece comes by here once: with the last of its interaction's.
  bool admit(const workflows::feedback_sample& sample) {
    const auto verdict = workflows::judge(request_.terms, sample);
    if (verdict == workflows::admission::admitted)
      return true; // Counted with its row.
    workflows::count(manifest_.admission, request_.terms, sample, verdict);
    return false;
  }

  result<void> write_row(
    const stored_event& interaction, const std::vector<stored_event>& pieces) {
    const auto folded = analysis::fold_last(pieces, request_.options.channel);
    RATCHET_ASSERT(folded.has_value()); // One of them brought us here.
    const auto side = analysis::split_of(
      interaction.content.id, manifest_.loop, request_.options.eval_fraction);
    row_.clear();
    if (!detail::append_row(
          format_, interaction.content, *folded, side, row_)) {
      ++manifest_.unusable;
      manifest_.admission.unusable += pieces.size();
      return {};
    }
    for (const auto& f : pieces)
      workflows::count(
        manifest_.admission, request_.terms,
        {f.seq, interaction.seq, interaction.content.version},
        workflows::admission::admitted);
    const auto window = request_.definition.join_window;
    manifest_.joined += pieces.size();
    manifest_.late += static_cast<std::uint64_t>(
      std::count_if(pieces.begin(), pieces.end(), [&](const stored_event& f) {
        return std::chrono::abs(f.received - interaction.received) > window;
      }));
    const bool train = side == analysis::split_side::train;
    ++(train ? manifest_.train : manifest_.eval).rows;
    if (auto written = (train ? train_ : eval_)->write(row_); !written)
      return written;
    return train ? write_copies(interaction.content) : result<void>{};
  }

  /// Of a row that is drawn more often than once.
  result<void> write_copies(const event& interaction) {
    const bool drawn = std::any_of(
      manifest_.looks.begin(), manifest_.looks.end(),
      [&](const workflows::area_look& look) {
        return std::any_of(
          look.areas.begin(), look.areas.end(),
          [&](const workflows::found_area& area) {
            return workflows::is_in(area, interaction.slices);
          });
      });
    if (!drawn)
      return {};
    ++manifest_.area_rows;
    // A half more often is twice as often for every other row.
    const auto more = request_.options.oversample_areas - 1;
    const auto hash =
      analysis::salted_hash(manifest_.loop + "/oversample", interaction.id);
    auto copies = static_cast<std::uint64_t>(more);
    if (analysis::to_unit(hash) < more - static_cast<double>(copies))
      ++copies;
    for (std::uint64_t i = 0; i < copies; ++i) {
      ++manifest_.train.rows;
      ++manifest_.area_copies;
      if (auto written = train_->write(row_); !written)
        return written;
    }
    return {};
  }

  const storage::history& history_;
  whole_lookup lookup_;
  loop_number loop_;
  const dataset_request& request_;
  const dataset_hooks& hooks_;
  detail::row_format format_;
  dataset_manifest manifest_;
  detail::file_writer* train_ = nullptr;
  detail::file_writer* eval_ = nullptr;
  std::string row_;
};

result<void> write_manifest(
  const dataset_manifest& manifest, const std::filesystem::path& directory) {
  auto file = detail::file_writer::create(directory / "dataset.json");
  if (!file)
    return file.err();
  if (auto written = file->write(to_text(manifest)); !written)
    return written;
  if (auto done = file->commit(); !done)
    return done;
  return detail::sync_directory(directory);
}

nlohmann::ordered_json to_json(const dataset_file& file) {
  nlohmann::ordered_json out{
    {"name", file.name}, {"rows", file.rows}, {"bytes", file.bytes}};
  if (!file.digest.empty())
    out["sha256"] = file.digest;
  return out;
}

nlohmann::ordered_json
to_json(const std::map<version_number, std::uint64_t>& by_version) {
  auto out = nlohmann::ordered_json::object();
  for (const auto& [version, count] : by_version)
    out[std::to_string(version.value)] = count;
  return out;
}

nlohmann::ordered_json to_json(const workflows::admission_counts& counts) {
  return {
    {"admitted", to_json(counts.admitted)},
    {"carried_over", counts.carried_over},
    {"repeated", counts.repeated},
    {"dropped",
     {{"stale", to_json(counts.stale)},
      {"window_closed", counts.window_closed},
      {"late", counts.late},
      {"unusable", counts.unusable}}}};
}

nlohmann::ordered_json areas_of(const dataset_manifest& manifest) {
  std::string looks = "[";
  json_writer to{looks};
  for (const auto& look : manifest.looks) {
    if (looks.size() > 1)
      looks += ',';
    write_area_look(to, look);
  }
  return {
    {"factor", manifest.options.oversample_areas},
    {"rows", manifest.area_rows},
    {"copies", manifest.area_copies},
    {"looks", nlohmann::ordered_json::parse(looks + "]")}};
}

} // namespace

result<dataset_manifest> export_dataset(
  const storage::history& history, const dataset_request& request,
  const dataset_hooks& hooks) {
  const auto& name = request.definition.name;
  const auto format = detail::find_row_format(request.options.format);
  if (!format)
    return format.err();
  const auto* channel = request.definition.channel(request.options.channel);
  if (channel == nullptr)
    return error{
      errc::invalid_argument,
      "loop \"" + name + "\" has no channel \"" + request.options.channel +
        "\""};
  if (const auto fits = detail::check_channel(*format, *channel); !fits)
    return fits.err();
  const auto loop = history.loop_number_of(name);
  if (!loop)
    return loop.err();
  if (request.from > request.to || request.to > history.end(*loop))
    return error{
      errc::invalid_argument,
      "the history of loop \"" + name + "\" ends at " +
        std::to_string(history.end(*loop).value) +
        "; a dataset cannot be made of (" + std::to_string(request.from.value) +
        ", " + std::to_string(request.to.value) + "]"};
  // A manifest of an earlier try would vouch for files that change now.
  std::error_code ignored;
  std::filesystem::remove(request.directory / "dataset.json", ignored);
  // Rows are looked up in all that has been passed, so nothing of it may go
  // before the last one is written.
  const auto hold = history.hold(*loop);
  if (!hold)
    return hold.err();
  auto manifest =
    exporter{history, *loop, hold->first, request, hooks, *format}.run();
  if (!manifest)
    return manifest;
  if (const auto written = write_manifest(*manifest, request.directory);
      !written)
    return written.err();
  return manifest;
}

std::string to_text(const dataset_manifest& manifest) {
  using ordered = nlohmann::ordered_json;
  const auto& options = manifest.options;
  ordered out{
    {"manifest", 1},
    {"loop", manifest.loop},
    {"format", options.format},
    {"channel", options.channel},
    {"whole_history", options.whole_history},
    {"range",
     {{"after", manifest.from.value},
      {"to", manifest.to.value},
      {"first", manifest.first.value}}},
    {"split",
     {{"by", "interaction_id"},
      {"salt", manifest.loop},
      {"eval_fraction", options.eval_fraction}}},
    {"fold", "last"},
    {"joined", manifest.joined},
    {"late", manifest.late},
    {"unmatched", manifest.unmatched},
    {"unusable", manifest.unusable},
    {"admission", to_json(manifest.admission)},
    {"files",
     ordered::array({to_json(manifest.train), to_json(manifest.eval)})},
  };
  if (!manifest.looks.empty())
    out["areas"] = areas_of(manifest);
  return out.dump(2) + "\n";
}

} // namespace ratchet::formats
