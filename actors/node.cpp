#include "actors/node.hpp"

#include "actors/boards.hpp"
#include "actors/channels.hpp"
#include "actors/errors.hpp"
#include "actors/journal.hpp"
#include "actors/root.hpp"
#include "actors/slots.hpp"
#include "actors/timers.hpp"
#include "actors/worker.hpp"
#include "base/assert.hpp"
#include "base/log.hpp"
#include "storage/artifacts.hpp"
#include "storage/attempt_tokens.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "storage/registry.hpp"
#include "storage/store.hpp"

#include <caf/all.hpp>

#include <atomic>
#include <chrono>
#include <system_error>
#include <utility>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Threads for short work on files and the history.
constexpr std::size_t reader_threads = 4;
/// How long a stop waits for the loops, and then for the journal.
constexpr duration stop_limit = 30s;

/// What the node keeps on disk, open.
struct node_data {
  std::unique_ptr<storage::store> store;
  std::unique_ptr<storage::commit_log> wrapped_log; ///< Null: the store.
  std::unique_ptr<storage::history> history;
  std::unique_ptr<storage::artifact_store> artifacts;
  std::unique_ptr<storage::loop_journal> journal;
  std::unique_ptr<storage::registry> registry;
  storage::attempt_secret secret;

  [[nodiscard]] storage::commit_log& log() {
    return wrapped_log ? *wrapped_log : *store;
  }
};

result<void> make_directory(const fs::path& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (code)
    return error{
      errc::io_error,
      "cannot make the directory " + path.string() + ": " + code.message()};
  return {};
}

result<node_data> open_data(const fs::path& directory) {
  if (auto made = make_directory(directory / "attempts"); !made)
    return made.err();
  node_data data;
  auto store = storage::store::open({.directory = directory / "shard-0"});
  if (!store)
    return store.err();
  data.store = std::move(*store);
  auto artifacts = storage::artifact_store::open(directory);
  if (!artifacts)
    return artifacts.err();
  data.artifacts =
    std::make_unique<storage::artifact_store>(std::move(*artifacts));
  data.journal = std::make_unique<storage::loop_journal>(*data.store);
  data.registry = std::make_unique<storage::registry>(*data.store);
  return data;
}

/// Gives every loop its number and keeps the definition it has now, and the
/// secret of attempts; one commit, before anyone else writes.
result<std::vector<std::shared_ptr<const hosted_loop>>>
host_loops(node_data& data, const std::vector<loop>& loops, time_point now) {
  std::vector<std::string> names;
  names.reserve(loops.size());
  for (const auto& loop : loops)
    names.push_back(loop.definition().name);
  storage::write_batch batch;
  const auto numbers = data.journal->register_loops(batch, names);
  if (!numbers)
    return numbers.err();
  auto secret = storage::load_or_make_secret(*data.store, batch);
  if (!secret)
    return secret.err();
  data.secret = std::move(*secret);
  std::vector<std::shared_ptr<const hosted_loop>> hosted;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    auto plan = make_plan(loops[i].definition(), loops[i].functions());
    storage::put_definition(
      batch, (*numbers)[i], plan->fingerprint, plan->definition);
    const auto known = data.journal->dates_of((*numbers)[i], plan->fingerprint);
    if (!known)
      return known.err();
    storage::put_definition_dates(
      batch, (*numbers)[i], plan->fingerprint,
      {*known ? (*known)->first : now, now});
    hosted.push_back(std::make_shared<hosted_loop>(
      hosted_loop{(*numbers)[i], names[i], std::move(plan)}));
  }
  if (auto durable = data.log().commit(batch); !durable)
    return durable.err();
  return hosted;
}

std::size_t total_slots(const workflows::slot_limits& limits) {
  std::size_t total = limits.slots;
  for (const auto& [label, slots] : limits.labels)
    total += slots;
  return total;
}

class running_node final : public node {
public:
  running_node(
    node_options options, node_data data,
    std::vector<std::shared_ptr<const hosted_loop>> hosted)
      : options_(std::move(options)), data_(std::move(data)),
        hosted_(std::move(hosted)) {
    for (const auto& loop : hosted_)
      definitions_.emplace(loop->name, loop->plan->definition);
    services_ = {
      .clock = options_.clock != nullptr ? options_.clock : &machine_clock_,
      .store = data_.store.get(),
      .history = data_.history.get(),
      .journal = data_.journal.get(),
      .registry = data_.registry.get(),
      .artifacts = data_.artifacts.get(),
      .attempts_dir = fs::absolute(options_.data_dir) / "attempts",
      .wrapper_program = options_.wrapper_program.empty()
        ? fs::path{"/proc/self/exe"}
        : options_.wrapper_program,
      .url = options_.url,
      .stats = &stats_,
      .progress = &progress_,
      .assignments = &assignments_,
      .slots = &slot_board_,
      .heartbeats = &heartbeats_,
      .secret = &data_.secret,
    };
  }

  ~running_node() override { running_node::stop(); }

  result<void> begin() {
    // Sharing, not stealing: its idle threads sleep on a condition, so that a
    // message to an idle node is not late by a polling interval.
    config_.set("scheduler.policy", caf::atom("sharing"));
    config_.set("scheduler.max-threads", options_.scheduler_threads);
    config_.set("logger.console", caf::atom("none"));
    system_ = std::make_unique<caf::actor_system>(config_);
    shared_.channels = system_->spawn(channels);
    shared_.journal = system_->spawn<caf::detached>(
      actors::journal, data_.history.get(), &data_.log(), &stats_,
      shared_.channels);
    // On a thread of its own: busy loops must not make alarms late.
    shared_.timers = system_->spawn<caf::detached>(timers, services_.clock);
    shared_.slots =
      system_->spawn(actors::slots, options_.limits, &slot_board_);
    shared_.stage_threads = stage_threads_;
    shared_.readers = system_->spawn(worker, file_threads_);
    root_ = system_->spawn(root, &services_, shared_, hosted_);
    for (const auto& loop : hosted_) {
      auto start = load_loop(services_, loop);
      if (start.failure)
        return *start.failure;
      caf::scoped_actor self{*system_};
      std::optional<error> failure;
      self->request(root_, caf::infinite, std::move(start))
        .receive([](bool) {}, [&](caf::error& e) { failure = from_caf(e); });
      if (failure)
        return *failure;
    }
    // Behind the slots that the loops' commands have taken.
    caf::anon_send(shared_.slots, begin_atom{});
    return {};
  }

  void stop() override {
    if (stopped_.exchange(true) || !system_)
      return;
    caf::anon_send(shared_.slots, close_atom{});
    // The loops first, and all of them before the journal: one that it refused
    // would look like one that failed.
    end_loops();
    close_journal();
    caf::anon_send_exit(shared_.journal, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(shared_.channels, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(shared_.timers, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(shared_.slots, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(shared_.readers, caf::exit_reason::user_shutdown);
    root_ = nullptr;
    shared_ = shared_actors{};
    data_.store->cancel_reclaim(); // Minutes, or a moment.
    stage_threads_->stop();
    file_threads_->stop();
    system_.reset();
  }

  [[nodiscard]] const std::map<
    std::string, workflows::loop_definition, std::less<>>&
  loops() const override {
    return definitions_;
  }

  void append(
    storage::event_batch batch,
    std::function<void(result<storage::append_outcome>)> done) override {
    if (!definitions_.contains(batch.loop)) {
      done(error{
        errc::not_found, "this node hosts no loop \"" + batch.loop + "\""});
      return;
    }
    if (auto reason = not_ready()) {
      done(*reason);
      return;
    }
    if (waiting_appends_.fetch_add(1) >= options_.max_waiting_appends) {
      waiting_appends_.fetch_sub(1);
      done(error{
        errc::unavailable,
        "too many requests wait for the journal; send it "
        "again in a moment, in larger bodies"});
      return;
    }
    caf::anon_send(
      shared_.journal,
      append_events{
        std::move(batch),
        [this,
         done = std::move(done)](result<storage::append_outcome> outcome) {
          waiting_appends_.fetch_sub(1);
          done(std::move(outcome));
        }});
  }

  void request(
    operator_request request,
    std::function<void(result<operator_answer>)> done) override {
    const bool orphan = !definitions_.contains(request.loop);
    if (orphan && request.verb != operator_verb::archive) {
      done(error{
        errc::not_found, "this node hosts no loop \"" + request.loop + "\""});
      return;
    }
    if (auto reason = not_ready()) {
      done(*reason);
      return;
    }
    caf::anon_send(
      root_, front_request{std::move(request), std::move(done), orphan});
  }

  [[nodiscard]] std::shared_ptr<const assignment_table>
  assignments() const override {
    return assignments_.read();
  }

  [[nodiscard]] std::map<std::string, attempt_progress>
  progress(const std::string& loop, iteration_number iteration) const override {
    return progress_.read(loop, iteration);
  }

  [[nodiscard]] std::vector<workflows::pool_view> slots() const override {
    return slot_board_.read();
  }

  [[nodiscard]] result<void> heartbeat(const std::string& attempt_id) override {
    if (heartbeats_.beat(attempt_id))
      return {};
    return error{
      errc::not_found,
      "attempt \"" + attempt_id +
        "\" does not run on this node; it may have ended"};
  }

  [[nodiscard]] result<void> report_progress(
    const std::string& attempt_id, attempt_progress progress) override {
    if (auto alive = heartbeat(attempt_id); !alive)
      return alive;
    const auto name = workflows::read_unit_attempt_id(attempt_id);
    RATCHET_ASSERT(name.has_value()); // It runs.
    progress_.set(
      name->loop, name->iteration, name->stage, std::move(progress));
    // Whoever ends an attempt closes its heartbeat before it clears this.
    if (!heartbeats_.beat(attempt_id))
      progress_.clear(name->loop, name->iteration, name->stage);
    return {};
  }

  [[nodiscard]] bool is_attempt_token(
    std::string_view attempt_id, std::string_view token) const override {
    return storage::is_token_of(data_.secret, attempt_id, token);
  }

  [[nodiscard]] fs::path
  attempt_log(const std::string& attempt_id) const override {
    return services_.attempts_dir / attempt_id / "log";
  }

  [[nodiscard]] std::optional<error> not_ready() const override {
    if (stopped_)
      return error{errc::unavailable, "the engine is shutting down"};
    if (auto health = data_.store->health(); !health)
      return health.err();
    return std::nullopt;
  }

  [[nodiscard]] const storage::store& store() const override {
    return *data_.store;
  }
  [[nodiscard]] const storage::history& history() const override {
    return *data_.history;
  }
  [[nodiscard]] const storage::loop_journal& journal() const override {
    return *data_.journal;
  }
  [[nodiscard]] const storage::registry& registry() const override {
    return *data_.registry;
  }
  [[nodiscard]] storage::artifact_store& artifacts() override {
    return *data_.artifacts;
  }
  [[nodiscard]] const node_stats& stats() const override { return stats_; }

private:
  void end_loops() {
    caf::scoped_actor self{*system_};
    self->monitor(root_);
    caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
    self->receive(
      [](const caf::down_msg&) {},
      caf::after(stop_limit) >>
        [] { log(log_level::warning, "the loops did not end in time"); });
  }

  /// What waits is made durable and answered; what comes later is refused.
  void close_journal() {
    caf::scoped_actor self{*system_};
    self->request(shared_.journal, stop_limit, close_atom{})
      .receive(
        [](bool) {},
        [](caf::error&) {
          log(log_level::warning, "the journal did not close in time");
        });
  }

  node_options options_;
  system_wall_clock machine_clock_;
  node_data data_;
  std::vector<std::shared_ptr<const hosted_loop>> hosted_;
  std::map<std::string, workflows::loop_definition, std::less<>> definitions_;
  node_stats stats_;
  progress_board progress_;
  assignment_board assignments_;
  slot_board slot_board_;
  heartbeat_board heartbeats_;
  services services_;
  std::atomic<std::size_t> waiting_appends_{0};
  std::atomic<bool> stopped_{false};
  std::shared_ptr<detail::thread_pool> stage_threads_ =
    std::make_shared<detail::thread_pool>(
      "stages", total_slots(options_.limits));
  std::shared_ptr<detail::thread_pool> file_threads_ =
    std::make_shared<detail::thread_pool>("readers", reader_threads);
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  shared_actors shared_;
  root_actor root_;
};

} // namespace

result<std::unique_ptr<node>> node::start(node_options options) {
  if (auto sound = check(options.loops); !sound)
    return sound.err();
  auto data = open_data(options.data_dir);
  if (!data)
    return data.err();
  if (options.wrap_log)
    data->wrapped_log = options.wrap_log(*data->store);
  const auto now =
    options.clock != nullptr ? options.clock->now() : system_wall_clock{}.now();
  auto hosted = host_loops(*data, options.loops, now);
  if (!hosted)
    return hosted.err();
  auto history = storage::history::open(*data->store);
  if (!history)
    return history.err();
  data->history = std::move(*history);
  auto started = std::make_unique<running_node>(
    std::move(options), std::move(*data), std::move(*hosted));
  if (auto begun = started->begin(); !begun)
    return begun.err();
  return std::unique_ptr<node>{std::move(started)};
}

} // namespace ratchet::actors
