#include "api/metrics.hpp"

#include "actors/client.hpp"
#include "api/router.hpp"
#include "api/server.hpp"
#include "storage/loop_journal.hpp"
#include "storage/store.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <limits>
#include <utility>
#include <vector>

namespace ratchet::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using labels = std::vector<ClientMetric::Label>;

constexpr double us_per_second = 1e6;

/// Gathers families in the order in which they are first named.
class gatherer {
public:
  void counts(
    const char* name, const char* help, std::uint64_t value, labels with = {}) {
    auto& metric = add(name, help, MetricType::Counter, std::move(with));
    metric.counter.value = static_cast<double>(value);
  }
  void seconds(const char* name, const char* help, double value) {
    add(name, help, MetricType::Counter, {}).counter.value = value;
  }
  void
  shows(const char* name, const char* help, double value, labels with = {}) {
    add(name, help, MetricType::Gauge, std::move(with)).gauge.value = value;
  }
  ClientMetric::Histogram& spreads(const char* name, const char* help) {
    return add(name, help, MetricType::Histogram, {}).histogram;
  }
  [[nodiscard]] std::string text() const {
    return prometheus::TextSerializer{}.Serialize(families_);
  }

private:
  ClientMetric&
  add(const char* name, const char* help, MetricType type, labels with) {
    if (families_.empty() || families_.back().name != name)
      families_.push_back({name, help, type, {}});
    auto& metric = families_.back().metric.emplace_back();
    metric.label = std::move(with);
    return metric;
  }

  std::vector<MetricFamily> families_;
};

void fill(ClientMetric::Histogram& out, const latency_histogram& from) {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i <= latency_histogram::bounds_us.size(); ++i) {
    seen += from.count(i);
    const auto bound = i < latency_histogram::bounds_us.size()
      ? static_cast<double>(latency_histogram::bounds_us[i]) / us_per_second
      : std::numeric_limits<double>::infinity();
    out.bucket.push_back({seen, bound});
  }
  out.sample_count = seen;
  out.sample_sum = static_cast<double>(from.sum_us()) / us_per_second;
}

void fill(
  ClientMetric::Histogram& out, const storage::latency_histogram& from) {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < from.counts.size(); ++i) {
    seen += from.counts[i];
    const bool last = i + 1 == from.counts.size();
    // 32 bounds are more than a dashboard wants: 64 us to 8 s will do.
    if (last)
      out.bucket.push_back({seen, std::numeric_limits<double>::infinity()});
    else if (i >= 6 && i <= 23)
      out.bucket.push_back(
        {seen, static_cast<double>(std::uint64_t{1} << i) / us_per_second});
  }
  out.sample_count = seen;
  out.sample_sum = static_cast<double>(from.total_us) / us_per_second;
}

void add_ingest(gatherer& to, const api_context& from) {
  const auto& node = from.node.stats();
  to.counts(
    "ratchet_events_accepted_total", "Events made durable.",
    node.events_accepted);
  to.counts(
    "ratchet_events_duplicate_total",
    "Events that were stored already with the same content.",
    node.events_duplicate);
  for (std::size_t i = 0; i < api_stats::reject_reasons; ++i)
    to.counts(
      "ratchet_events_rejected_total", "Events refused, by reason.",
      from.stats.rejected[i],
      {{"reason",
        std::string{
          formats::to_string(static_cast<formats::reject_code>(i))}}});
  to.counts(
    "ratchet_events_rejected_total", "", from.stats.conflicts,
    {{"reason", "conflict"}});
  to.counts(
    "ratchet_ingest_body_bytes_total", "Bodies of events, as they were sent.",
    from.stats.ingest_bytes);
  fill(
    to.spreads(
      "ratchet_ingest_request_duration_seconds",
      "From the first byte of POST /v1/events to its answer."),
    from.stats.ingest_latency);
}

void add_journal(gatherer& to, const api_context& from) {
  const auto& node = from.node.stats();
  to.counts(
    "ratchet_journal_commits_total", "Groups made durable.", node.commits);
  to.counts(
    "ratchet_journal_commit_failures_total", "Groups that were not.",
    node.commit_failures);
  to.counts(
    "ratchet_journal_appends_total", "Requests in those groups.", node.appends);
  fill(
    to.spreads(
      "ratchet_journal_commit_duration_seconds", "One group's way to disk."),
    node.commit_latency);
  const auto store = from.node.store().stats();
  fill(
    to.spreads(
      "ratchet_wal_fsync_duration_seconds", "The log's fsync in a commit."),
    store.fsync_us);
  to.counts(
    "ratchet_store_committed_bytes_total", "Keys and values committed.",
    store.committed_bytes);
  to.shows(
    "ratchet_store_bytes", "Files of the database on disk.",
    static_cast<double>(store.live_bytes));
  to.shows(
    "ratchet_ready", "1 if the node serves.", from.node.not_ready() ? 0 : 1);
}

void add_work(gatherer& to, const api_context& from) {
  const auto& node = from.node.stats();
  to.counts(
    "ratchet_iterations_started_total", "Iterations started.",
    node.iterations_started);
  to.counts(
    "ratchet_iterations_ended_total", "Iterations ended.",
    node.iterations_ended);
  to.shows(
    "ratchet_iterations_asleep",
    "Iterations in flight that wait, and are not in memory.",
    static_cast<double>(node.iterations_asleep.load()));
  to.counts(
    "ratchet_iterations_read_back_total",
    "Iterations read back from the journal since the start.",
    node.iterations_read_back);
  to.counts(
    "ratchet_attempts_started_total", "Attempts of stages started.",
    node.attempts_started);
  to.counts(
    "ratchet_attempts_adopted_total", "Attempts found alive after a restart.",
    node.attempts_adopted);
  to.counts(
    "ratchet_attempts_lost_total", "Attempts found gone after a restart.",
    node.attempts_lost);
}

void add_slots(gatherer& to, const api_context& from) {
  const auto pools = from.node.slots();
  const auto show = [&](const char* name, const char* help, auto value_of) {
    for (const auto& pool : pools)
      to.shows(
        name, help, static_cast<double>(value_of(pool)),
        {{"label", pool.label}});
  };
  show(
    "ratchet_slots", "Attempts that may run at once; no label: all others.",
    [](const auto& pool) { return pool.slots; });
  show("ratchet_slots_held", "Slots in use.", [](const auto& pool) {
    return pool.held;
  });
  show(
    "ratchet_attempts_waiting", "Attempts that wait for a slot.",
    [](const auto& pool) { return pool.waiting; });
}

void add_loops(gatherer& to, const api_context& from) {
  std::vector<std::pair<std::string, workflows::loop_state>> states;
  for (const auto& [name, definition] : from.node.loops()) {
    const auto number = from.node.journal().find_loop(name);
    if (!number)
      continue;
    auto state = from.node.journal().load_state(*number);
    if (state)
      states.emplace_back(name, std::move(*state));
  }
  for (const auto& [name, state] : states)
    to.shows(
      "ratchet_loop_paused", "1 if the loop starts nothing by itself.",
      state.paused ? 1 : 0, {{"loop", name}});
  for (const auto& [name, state] : states)
    to.shows(
      "ratchet_loop_iterations_running", "Iterations under way.",
      static_cast<double>(state.running.size()), {{"loop", name}});
  for (const auto& [name, state] : states)
    to.shows(
      "ratchet_loop_champion_version", "Version that serves; 0: none.",
      static_cast<double>(state.champion.value), {{"loop", name}});
  for (const auto level :
       {workflows::drop_level::warning, workflows::drop_level::alarm})
    for (const auto& [name, state] : states)
      to.shows(
        "ratchet_loop_open_alarms", "Drops that nobody has dealt with.",
        static_cast<double>(workflows::open_alarms(state, level)),
        {{"loop", name}, {"level", std::string{to_string(level)}}});
}

void add_http(gatherer& to, const api_context& from) {
  const auto table = route_table();
  for (std::size_t place = 0; place <= api_stats::max_routes; ++place) {
    for (std::size_t hundreds = 1; hundreds < 6; ++hundreds) {
      const auto count = from.stats.answers[place][hundreds].load();
      if (count == 0)
        continue;
      const bool known = place < table.size();
      to.counts(
        "ratchet_http_requests_total", "Requests answered.", count,
        {{"method", known ? std::string{to_string(table[place].method)} : "-"},
         {"route", known ? std::string{table[place].pattern} : "-"},
         {"code", std::to_string(hundreds) + "xx"}});
    }
  }
  fill(
    to.spreads(
      "ratchet_http_request_duration_seconds",
      "From a request's first byte to its answer."),
    from.stats.request_latency);
  const auto* transport = from.transport.load();
  if (transport == nullptr)
    return;
  to.shows(
    "ratchet_http_connections", "Connections open.",
    static_cast<double>(transport->connections_open));
  to.counts(
    "ratchet_http_connections_accepted_total", "Connections accepted.",
    transport->connections_accepted);
  to.counts(
    "ratchet_http_connections_refused_total",
    "Connections over the bound, answered 503.",
    transport->connections_refused);
  to.counts(
    "ratchet_http_timeouts_total", "Connections ended for being slow.",
    transport->timeouts);
  to.counts(
    "ratchet_http_malformed_total", "Requests that were not HTTP.",
    transport->malformed);
  to.shows(
    "ratchet_http_body_memory_bytes", "Held by bodies that arrive.",
    static_cast<double>(transport->body_bytes));
}

/// The standard names, as every Prometheus client library has them.
void add_process(gatherer& to) {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) +
      static_cast<double>(t.tv_usec) / us_per_second;
  };
  const auto cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  to.seconds(
    "process_cpu_seconds_total", "User and system time of this process.", cpu);
  unsigned long total = 0;
  unsigned long resident = 0;
  if (auto* statm = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(statm, "%lu %lu", &total, &resident) != 2)
      resident = 0;
    std::fclose(statm);
  }
  to.shows(
    "process_resident_memory_bytes", "Resident memory.",
    static_cast<double>(resident) *
      static_cast<double>(::sysconf(_SC_PAGESIZE)));
}

} // namespace

std::string prometheus_text(const api_context& context) {
  gatherer all;
  all.shows(
    "ratchet_build_info", "Always 1; what is built is in the labels.", 1,
    {{"version", context.build}});
  add_ingest(all, context);
  add_journal(all, context);
  add_work(all, context);
  add_slots(all, context);
  add_loops(all, context);
  add_http(all, context);
  add_process(all);
  return all.text();
}

} // namespace ratchet::api
