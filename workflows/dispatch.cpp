#include "workflows/dispatch.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace ratchet::workflows {

/// One loop's part of one pool.
struct dispatcher::share {
  pool* of = nullptr;
  loop_entry* loop = nullptr;
  std::uint32_t held = 0;
  std::uint64_t last_turn = 0; ///< Of the pool; 0: none yet.
  /// What waits, by priority, then by age. No entry is empty.
  std::map<std::uint32_t, std::map<age, ticket*>> waiting;
};

struct dispatcher::loop_entry {
  std::string name;
  std::uint32_t limit = 0;
  std::uint32_t held = 0; ///< In all pools.
  std::map<pool*, std::unique_ptr<share>> shares;

  [[nodiscard]] bool is_full() const { return limit != 0 && held >= limit; }
};

struct dispatcher::ticket {
  std::string attempt;
  std::uint32_t priority = 0;
  age position;
  share* of = nullptr;
  bool holds = false;
};

struct dispatcher::pool {
  /// Orders the shares that may be served. `priority` is 0 for open turns.
  struct rank {
    std::uint32_t priority = 0;
    std::uint32_t held = 0;
    std::uint64_t last_turn = 0;
    share* of = nullptr;

    bool operator<(const rank& other) const {
      if (priority != other.priority)
        return priority > other.priority;
      return std::tie(held, last_turn, of->loop->name) <
        std::tie(other.held, other.last_turn, other.of->loop->name);
    }
  };

  std::string label;
  std::uint32_t slots = 0;
  std::uint32_t held = 0;
  std::uint64_t waiting = 0;
  std::uint64_t turns = 0;
  /// Shares with something that waits, of loops that may run more.
  std::set<rank> by_priority;
  std::set<rank> by_share;

  [[nodiscard]] bool turn_is_open() const {
    return (turns + 1) % open_turn == 0;
  }

  static rank open_rank(share& of) { return {0, of.held, of.last_turn, &of}; }
  static rank full_rank(share& of) {
    return {of.waiting.rbegin()->first, of.held, of.last_turn, &of};
  }
  /// Before anything that a rank is made of changes, and after it.
  void unrank(share& of) {
    if (of.waiting.empty() || of.loop->is_full())
      return;
    by_priority.erase(full_rank(of));
    by_share.erase(open_rank(of));
  }
  void rank_again(share& of) {
    if (of.waiting.empty() || of.loop->is_full())
      return;
    by_priority.insert(full_rank(of));
    by_share.insert(open_rank(of));
  }
};

namespace {

/// Takes a loop out of the ranks of its pools while something changes.
template <class Loop>
class change {
public:
  explicit change(Loop& loop) : loop_(loop) {
    for (auto& [of, part] : loop_.shares)
      of->unrank(*part);
  }
  ~change() {
    for (auto& [of, part] : loop_.shares)
      of->rank_again(*part);
  }
  change(const change&) = delete;
  change& operator=(const change&) = delete;

private:
  Loop& loop_;
};

} // namespace

dispatcher::dispatcher(const slot_limits& limits) {
  const auto add_pool = [this](std::string label, std::uint32_t slots) {
    pools_.push_back(std::make_unique<pool>());
    pools_.back()->label = std::move(label);
    pools_.back()->slots = slots;
  };
  add_pool({}, limits.slots);
  for (const auto& [label, slots] : limits.labels)
    add_pool(label, slots);
}

dispatcher::~dispatcher() = default;
dispatcher::dispatcher(dispatcher&&) noexcept = default;
dispatcher& dispatcher::operator=(dispatcher&&) noexcept = default;

dispatcher::share& dispatcher::share_of(pool& in, const std::string& loop) {
  auto& entry = loops_[loop];
  if (!entry) {
    entry = std::make_unique<loop_entry>();
    entry->name = loop;
  }
  auto& found = entry->shares[&in];
  if (!found) {
    found = std::make_unique<share>();
    found->of = &in;
    found->loop = entry.get();
  }
  return *found;
}

void dispatcher::set_limit(loop_entry& loop, std::uint32_t limit) {
  if (loop.limit == limit)
    return;
  const change guard{loop};
  loop.limit = limit;
}

/// A ticket that neither waits nor holds yet.
dispatcher::ticket& dispatcher::add(const slot_claim& claim) {
  const auto label = pool_of(claim.label);
  const auto in =
    std::find_if(pools_.begin(), pools_.end(), [&](const auto& each) {
      return each->label == label;
    });
  auto& of = share_of(**in, claim.loop);
  set_limit(*of.loop, claim.loop_limit);
  auto& made = tickets_[claim.attempt];
  made = std::make_unique<ticket>();
  made->attempt = claim.attempt;
  made->priority = claim.priority;
  made->position = {claim.since, ++last_number_};
  made->of = &of;
  return *made;
}

void dispatcher::claim(const slot_claim& claim) {
  if (tickets_.contains(claim.attempt))
    return;
  auto& added = add(claim);
  auto& of = *added.of;
  of.of->unrank(of);
  of.waiting[added.priority].emplace(added.position, &added);
  ++of.of->waiting;
  of.of->rank_again(of);
}

void dispatcher::take(const slot_claim& claim) {
  if (holds(claim.attempt))
    return;
  release(claim.attempt);
  auto& added = add(claim);
  const change guard{*added.of->loop};
  hold(added);
}

void dispatcher::hold(ticket& held) {
  held.holds = true;
  ++held.of->held;
  ++held.of->of->held;
  ++held.of->loop->held;
}

void dispatcher::release(std::string_view attempt) {
  const auto it = tickets_.find(std::string{attempt});
  if (it == tickets_.end())
    return;
  const auto gone = std::move(it->second);
  tickets_.erase(it);
  auto& of = *gone->of;
  {
    const change guard{*of.loop};
    if (gone->holds) {
      --of.held;
      --of.of->held;
      --of.loop->held;
    } else {
      const auto same = of.waiting.find(gone->priority);
      same->second.erase(gone->position);
      if (same->second.empty())
        of.waiting.erase(same);
      --of.of->waiting;
    }
  }
}

dispatcher::ticket* dispatcher::pick(const pool& from) {
  if (from.held >= from.slots || from.by_share.empty())
    return nullptr;
  if (!from.turn_is_open())
    return from.by_priority.begin()
      ->of->waiting.rbegin()
      ->second.begin()
      ->second;
  ticket* oldest = nullptr;
  for (const auto& [priority, tickets] : from.by_share.begin()->of->waiting)
    if (oldest == nullptr || tickets.begin()->first < oldest->position)
      oldest = tickets.begin()->second;
  return oldest;
}

std::optional<std::string> dispatcher::grant() {
  ticket* next = nullptr;
  for (const auto& each : pools_)
    if (auto* found = pick(*each); found != nullptr &&
        (next == nullptr || found->position < next->position))
      next = found;
  if (next == nullptr)
    return std::nullopt;
  auto& of = *next->of;
  const change guard{*of.loop};
  const auto same = of.waiting.find(next->priority);
  same->second.erase(next->position);
  if (same->second.empty())
    of.waiting.erase(same);
  --of.of->waiting;
  of.last_turn = ++of.of->turns;
  hold(*next);
  return next->attempt;
}

bool dispatcher::holds(std::string_view attempt) const {
  const auto it = tickets_.find(std::string{attempt});
  return it != tickets_.end() && it->second->holds;
}

bool dispatcher::waits(std::string_view attempt) const {
  const auto it = tickets_.find(std::string{attempt});
  return it != tickets_.end() && !it->second->holds;
}

std::string dispatcher::pool_of(const std::string& label) const {
  const bool own =
    std::any_of(pools_.begin(), pools_.end(), [&](const auto& each) {
      return each->label == label;
    });
  return own ? label : std::string{};
}

std::vector<pool_view> dispatcher::pools() const {
  std::vector<pool_view> out;
  for (const auto& each : pools_)
    out.push_back({each->label, each->slots, each->held, each->waiting});
  return out;
}

} // namespace ratchet::workflows
