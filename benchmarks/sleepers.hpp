#pragma once

#include <cstdint>

namespace ratchet::benchmarks {

/// `count` iterations over `loops` loops fall asleep for an hour; then a node
/// is started on what they left. Prints memory and times. Forks: call it
/// before there are threads.
void run_sleepers(std::uint64_t count, std::uint64_t loops);

/// `count` iterations fall asleep and are due within `within_s` seconds.
/// Prints how late their next attempts began.
void run_wake_ups(
  std::uint64_t count, std::uint64_t loops, std::uint64_t within_s);

} // namespace ratchet::benchmarks
