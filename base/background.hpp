#pragma once

#include <string>

namespace ratchet {

/// Marks the calling thread as one whose work may wait: named for `top` and
/// `perf`, and below the threads that answer requests when the processors are
/// busy (nice 5: a third of their share). Indexing, flushing and counting then
/// use what capture leaves, which is most of it, and no request waits for them.
///
/// Threads: affects the caller, and the threads and processes it starts.
/// Errors:  none; a system that refuses goes on as before.
void run_in_background(const std::string& name);

} // namespace ratchet
