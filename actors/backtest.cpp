#include "actors/backtest.hpp"

#include "actors/detail/follow.hpp"
#include "storage/monitor_store.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace ratchet::actors {

namespace {

constexpr std::size_t journal_page = 1000;
/// So many looks at a history; fewer than this many events are no look's worth.
constexpr std::uint64_t looks = 4000;
constexpr std::uint64_t most_between_looks = 4096;

result<std::vector<workflows::loop_event>>
read_journal(const storage::loop_journal& journal, loop_number loop) {
  std::vector<workflows::loop_event> all;
  while (true) {
    auto page = journal.loop_events(loop, all.size(), journal_page);
    if (!page)
      return page.err();
    const bool last = page->size() < journal_page;
    all.insert(
      all.end(), std::make_move_iterator(page->begin()),
      std::make_move_iterator(page->end()));
    if (last)
      return all;
  }
}

/// When the champions of other loops moved forward.
using promotion_times = std::map<std::string, std::vector<time_point>>;

result<promotion_times> read_promotions(
  const storage::loop_journal& journal,
  const workflows::loop_definition& definition) {
  promotion_times times;
  for (const auto& name : workflows::sources_of(
         definition.trigger, workflows::condition_kind::promoted)) {
    const auto loop = journal.find_loop(name);
    if (!loop)
      continue; // Nobody has heard of it.
    const auto events = read_journal(journal, *loop);
    if (!events)
      return events.err();
    auto& moves = times[name];
    for (const auto& event : *events)
      if (const auto* move = std::get_if<workflows::champion_moved>(&event);
          move != nullptr && move->kind != workflows::move_kind::rollback)
        moves.push_back(move->at);
  }
  return times;
}

class player {
public:
  player(
    const storage::loop_journal& journal, const storage::history& history,
    const backtest_wish& wish)
      : journal_(journal), history_(history), wish_(wish) {}

  result<backtest_report> play() {
    if (auto read = prepare(); !read)
      return read.err();
    workflows::backtest test{wish_.definition, report_.takes};
    if (auto read = read_on(); !read)
      return read.err();
    while (const auto at = next_moment(test)) {
      report_.to = *at;
      while (event_ < events_.size() &&
             workflows::time_of(events_[event_]) <= *at)
        test.follow(events_[event_++]);
      if (piece_ && piece_->until <= *at) {
        count(test);
        if (auto read = read_on(); !read)
          return read.err();
      }
      test.look(inputs_at(*at), *at);
      if (test.starts().size() >= most_backtest_starts) {
        report_.whole = false;
        break;
      }
    }
    report_.would = test.starts();
    return std::move(report_);
  }

private:
  result<void> prepare() {
    const auto end = history_.end(wish_.loop);
    report_.events = end.value;
    if (report_.events > most_backtest_events)
      return error{
        errc::resource_limit,
        "the history has " + std::to_string(report_.events) +
          " events, more than a back-test reads: " +
          std::to_string(most_backtest_events)};
    report_.look_every = wish_.look_every != 0
      ? wish_.look_every
      : std::clamp<std::uint64_t>(
          report_.events / looks, 1, most_between_looks);
    auto events = read_journal(journal_, wish_.loop);
    if (!events)
      return events.err();
    events_ = std::move(*events);
    auto promotions = read_promotions(journal_, wish_.definition);
    if (!promotions)
      return promotions.err();
    promotions_ = std::move(*promotions);
    report_.takes = wish_.takes.value_or(workflows::usual_time(events_));
    report_.did = workflows::starts_of(events_);
    if (!events_.empty())
      report_.from = workflows::time_of(events_.front());
    over_time_.adopt(detail::history_plan_of(wish_.definition));
    return {};
  }

  /// The next piece of the history; none at its end.
  result<void> read_on() {
    piece_.reset();
    if (at_end_)
      return {};
    auto piece = detail::join_piece(
      history_, wish_.loop, wish_.definition, totals_.cursor,
      {.events = static_cast<std::size_t>(report_.look_every)});
    if (piece.failure)
      return *piece.failure;
    at_end_ = !piece.more;
    if (piece.cursor != totals_.cursor)
      piece_ = std::move(piece);
    return {};
  }

  /// The next thing that happens, or that time brings; nothing: all is over.
  [[nodiscard]] std::optional<time_point>
  next_moment(const workflows::backtest& test) const {
    std::optional<time_point> next;
    const auto consider = [&next](time_point at) {
      next = std::min(next.value_or(at), at);
    };
    if (event_ < events_.size())
      consider(workflows::time_of(events_[event_]));
    if (piece_)
      consider(piece_->until);
    if (test.next_look() != time_point{} && test.next_look() <= wish_.until)
      consider(test.next_look());
    // Clocks may have been set back; what was recorded later is not earlier.
    if (next)
      *next = std::max(*next, report_.to);
    return next;
  }

  void count(const workflows::backtest& test) {
    totals_.cursor = piece_->cursor;
    for (const auto& [channel, pairs] : piece_->joined)
      totals_.joined[channel] += pairs;
    analysis::rewatch(
      totals_.drops, detail::watches_of(wish_.definition, test.state()));
    if (totals_.drops.all.empty())
      return;
    for (const auto& row : piece_->rows)
      analysis::fold(row, totals_.metrics, over_time_, totals_.drops);
  }

  [[nodiscard]] workflows::trigger_inputs inputs_at(time_point now) const {
    auto inputs = storage::inputs_of(totals_);
    for (const auto& [loop, moves] : promotions_)
      inputs.promotions[loop] = static_cast<std::uint64_t>(std::count_if(
        moves.begin(), moves.end(), [now](auto at) { return at <= now; }));
    return inputs;
  }

  const storage::loop_journal& journal_;
  const storage::history& history_;
  const backtest_wish& wish_;
  backtest_report report_;
  std::vector<workflows::loop_event> events_; ///< Of the loop's journal.
  std::size_t event_ = 0;                     ///< The next of them.
  promotion_times promotions_;
  storage::monitor_state totals_;
  analysis::metric_history over_time_;
  std::optional<followed> piece_;
  bool at_end_ = false;
};

} // namespace

result<backtest_report> run_backtest(
  const storage::loop_journal& journal, const storage::history& history,
  const backtest_wish& wish) {
  return player{journal, history, wish}.play();
}

} // namespace ratchet::actors
