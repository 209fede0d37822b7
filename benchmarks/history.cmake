# ninja history_bench: what the history costs without HTTP and actors.
add_executable(history_bench EXCLUDE_FROM_ALL
  ${CMAKE_SOURCE_DIR}/benchmarks/history_bench.cpp)
target_link_libraries(history_bench PRIVATE ratchet_storage)
