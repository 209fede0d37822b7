#pragma once

#include "benchmarks/engine_process.hpp"

/// What the engine is measured against, on the same machine in the same run.

namespace ratchet::benchmarks {

/// fdatasync after each small append, and sequential writes.
void print_disk_limits(double seconds);

/// RocksDB alone: puts of the same bytes in groups of the same sizes, one
/// fsync per group, one thread, no index, no checks.
void print_rocksdb_alone(double seconds);

/// The HTTP API over a node that keeps nothing and says yes at once.
[[nodiscard]] server_process::serve_function storeless();

} // namespace ratchet::benchmarks
