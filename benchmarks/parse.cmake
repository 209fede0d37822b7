# ninja parse_bench: what parsing one event costs (formats/event_parser.hpp).
add_executable(parse_bench EXCLUDE_FROM_ALL
  ${CMAKE_SOURCE_DIR}/benchmarks/parse_bench.cpp)
target_link_libraries(parse_bench PRIVATE ratchet_formats)
