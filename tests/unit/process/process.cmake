# The wrapper the tests start; the engine starts itself.
add_executable(process_wrapper
  ${CMAKE_SOURCE_DIR}/tests/helpers/process_wrapper.cpp)
target_link_libraries(process_wrapper PRIVATE ratchet_process)
add_dependencies(unit_process process_wrapper)
target_compile_definitions(unit_process PRIVATE
  PROCESS_WRAPPER="$<TARGET_FILE:process_wrapper>")
