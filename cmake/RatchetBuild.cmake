# What every target of the tree shares: language level, warnings, sanitizers,
# compiler cache and linker; and the two functions that make a target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(RATCHET_SANITIZE "" CACHE STRING
  "address, undefined, address,undefined or thread")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# Dev: assertions of the libraries on, quick to compile, usable backtraces.
set(CMAKE_CXX_FLAGS_DEV "-Og -g1 -D_GLIBCXX_ASSERTIONS")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
if(RATCHET_SANITIZE)
  # Optimizing the checks of UBSan takes twice as long as all the rest.
  string(REPLACE "-Og" "-O0" CMAKE_CXX_FLAGS_DEV "${CMAKE_CXX_FLAGS_DEV}")
endif()

find_program(RATCHET_CCACHE ccache)
if(RATCHET_CCACHE)
  # Precompiled headers and a second checkout of the same sources both hit.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
    ${RATCHET_CCACHE})
endif()
find_program(RATCHET_MOLD mold)
if(RATCHET_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Designated initializers leave the rest at its default on purpose.
# -Winvalid-pch would fire where ccache rewrote a path; it costs only time.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-align
  -Wno-missing-field-initializers -Werror -fno-math-errno -ffp-contract=off -fpch-preprocess)
# With -O2, GCC 12 sees overlaps and overruns in the standard library's own
# strings that are none (GCC bug 105651); -Og builds keep these warnings.
add_compile_options(
  "$<$<CONFIG:Release>:-Wno-array-bounds;-Wno-restrict>"
  "$<$<CONFIG:Release>:-Wno-stringop-overflow;-Wno-stringop-overread>")
if(RATCHET_SANITIZE)
  add_compile_options(-fsanitize=${RATCHET_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${RATCHET_SANITIZE})
  if(RATCHET_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=all)
  elseif(RATCHET_SANITIZE STREQUAL "thread")
    # GCC warns about atomic_thread_fence inside CAF and Asio under TSan.
    add_compile_options(-Wno-error=tsan)
  endif()
endif()

# ratchet_library(storage DEPENDS base workflows LINKS RocksDB::rocksdb)
#
# The target ratchet_<folder> from every .cpp of the folder and of its
# detail/. LINKS are private: a third-party library stops at its folder. PCH:
# headers to precompile beside those of the standard library that most files
# use, which halves the time to compile.
set(RATCHET_COMMON_HEADERS <algorithm> <array> <charconv> <chrono> <cstdint>
  <functional> <map> <memory> <mutex> <optional> <set> <string> <string_view>
  <utility> <variant> <vector>)
function(ratchet_library name)
  cmake_parse_arguments(arg "" "" "DEPENDS;LINKS;PCH" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp detail/*.cpp)
  add_library(ratchet_${name} STATIC ${sources})
  add_library(ratchet::${name} ALIAS ratchet_${name})
  target_include_directories(ratchet_${name} PUBLIC
    ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
  foreach(dependency IN LISTS arg_DEPENDS)
    target_link_libraries(ratchet_${name} PUBLIC ratchet_${dependency})
  endforeach()
  target_link_libraries(ratchet_${name} PRIVATE ${arg_LINKS})
  target_precompile_headers(ratchet_${name} PRIVATE
    ${RATCHET_COMMON_HEADERS} ${arg_PCH})
endfunction()

# ratchet_unit_tests(storage): tests/unit/storage/*_test.cpp as one program,
# registered with ctest as unit_storage. FILTER: what Catch2 is to run of it.
function(ratchet_unit_tests name)
  cmake_parse_arguments(arg "" "FILTER" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(unit_${name} ${sources})
  target_link_libraries(unit_${name} PRIVATE
    ratchet_${name} ${arg_LINKS} Catch2::Catch2WithMain)
  target_precompile_headers(unit_${name} PRIVATE
    ${RATCHET_COMMON_HEADERS} <catch2/catch.hpp>)
  add_test(NAME unit_${name} COMMAND unit_${name} ${arg_FILTER})
endfunction()
