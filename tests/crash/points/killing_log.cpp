#include "killing_log.hpp"

#include <csignal>
#include <fstream>
#include <utility>

namespace ratchet::test {

namespace {

[[noreturn]] void die() {
  std::raise(SIGKILL);
  std::abort(); // Not reached.
}

} // namespace

killing_log::killing_log(storage::commit_log& store, plan order)
    : store_(store), plan_(std::move(order)) {}

killing_log::~killing_log() {
  std::ofstream{plan_.count_file} << writes_ << '\n';
}

result<void> killing_log::commit(const storage::write_batch& batch) {
  ++writes_;
  const bool now = writes_ == plan_.write;
  if (now && plan_.when == moment::before)
    die();
  auto durable = store_.commit(batch);
  if (now && plan_.when == moment::after)
    die();
  return durable;
}

} // namespace ratchet::test
