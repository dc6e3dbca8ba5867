# Headers that most files include, compiled once for the program and once for the tests: reading them takes longer than
# compiling most files. Each file still names what it includes; clang-tidy and tools/lint/check_alone hold that.
set(calotype_common_headers
    <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_join.h>
    <absl/strings/str_split.h> <algorithm> <array> <atomic> <chrono> <cmath> <cstdint> <filesystem> <fmt/chrono.h>
    <fmt/format.h> <fmt/ranges.h> <fstream> <functional> <map> <memory> <mutex> <nlohmann/json.hpp> <optional> <set> <span>
    <string> <string_view> <thread> <unordered_map> <utility> <vector>)

# calotype_precompile(NAME [EXECUTABLE] HEADERS... LIBS... OPTIONS...)
#   The target calotype_NAME, whose precompiled header other targets use with REUSE_FROM: libraries, or executables, which
#   are compiled with -fPIE instead of -fPIC.
function(calotype_precompile name)
  cmake_parse_arguments(arg "EXECUTABLE" "" "HEADERS;LIBS;OPTIONS" ${ARGN})
  file(CONFIGURE OUTPUT ${name}.cc CONTENT "int main() {}\n")
  if(arg_EXECUTABLE)
    add_executable(calotype_${name} EXCLUDE_FROM_ALL ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  else()
    add_library(calotype_${name} OBJECT EXCLUDE_FROM_ALL ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  endif()
  target_link_libraries(calotype_${name} PRIVATE ${arg_LIBS})
  target_compile_options(calotype_${name} PRIVATE ${arg_OPTIONS})
  target_precompile_headers(calotype_${name} PRIVATE ${arg_HEADERS})
endfunction()

calotype_precompile(program_headers HEADERS ${calotype_common_headers}
  LIBS calotype_program absl::statusor absl::strings fmt::fmt nlohmann_json::nlohmann_json)
if(CALOTYPE_TESTS)
  calotype_precompile(test_headers EXECUTABLE HEADERS <gmock/gmock.h> <gtest/gtest.h> ${calotype_common_headers}
    LIBS calotype_warnings absl::statusor absl::strings fmt::fmt nlohmann_json::nlohmann_json GTest::gmock GTest::gtest_main
    OPTIONS ${CALOTYPE_TEST_OPTIONS})
endif()

# calotype_library(NAME [OBJECT] SOURCES a.cc... PUBLIC libs... PRIVATE libs... [ALONE b.cc...])
#   The static library calotype_NAME of one folder under src/. PUBLIC: what its headers need; PRIVATE: what stops at a .cc.
#   OBJECT: its files are linked whole into the programs that name it, before all libraries, which may call them.
#   ALONE: the sources that a unity build compiles by themselves, because names in their anonymous namespace occur in a
#   neighbour too. "Redefinition" errors of a unity build are fixed by another name, or by an entry here.
function(calotype_library name)
  cmake_parse_arguments(arg "OBJECT" "" "SOURCES;PUBLIC;PRIVATE;ALONE" ${ARGN})
  if(arg_OBJECT)
    add_library(calotype_${name} OBJECT ${arg_SOURCES})
  else()
    add_library(calotype_${name} STATIC ${arg_SOURCES})
  endif()
  target_include_directories(calotype_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(calotype_${name} PUBLIC ${arg_PUBLIC} PRIVATE calotype_program ${arg_PRIVATE})
  target_precompile_headers(calotype_${name} REUSE_FROM calotype_program_headers)
  set_target_properties(calotype_${name} PROPERTIES UNITY_BUILD ${CALOTYPE_UNITY} UNITY_BUILD_BATCH_SIZE 10)
  set_source_files_properties(${arg_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# calotype_own_options(FILE... OPTIONS option...)
#   Compiles files with options of their own: without the precompiled header, which is made for the common options, and
#   never together with other files in a unity build (CMake excludes files with options).
function(calotype_own_options)
  cmake_parse_arguments(arg "" "" "OPTIONS" ${ARGN})
  set_source_files_properties(${arg_UNPARSED_ARGUMENTS} PROPERTIES COMPILE_OPTIONS "${arg_OPTIONS}"
                                                                   SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# calotype_test(NAME SOURCES a_test.cc... LIBS libs... [ALONE b_test.cc...])
#   The tests of one folder: the binary NAME_test, one ctest test per GoogleTest case. They find their data by
#   SourceDir(). With unity or sanitizers unit.NAME runs them all: to start the program takes longer than most cases. ALONE:
#   as above; with sanitizers, several tests are always compiled at a time.
function(calotype_test name)
  if(NOT CALOTYPE_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS;ALONE" ${ARGN})
  add_executable(${name}_test ${arg_SOURCES})
  if(CALOTYPE_UNITY OR CALOTYPE_SANITIZE)
    set_target_properties(${name}_test PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    set_source_files_properties(${arg_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    # A struct of one test may be called like a neighbour's.
    set_target_properties(${name}_test PROPERTIES CALOTYPE_MAY_SHADOW ON)
  endif()
  target_compile_options(${name}_test PRIVATE ${CALOTYPE_TEST_OPTIONS})
  target_precompile_headers(${name}_test REUSE_FROM calotype_test_headers)
  target_link_libraries(${name}_test PRIVATE calotype_warnings ${arg_LIBS} GTest::gmock GTest::gtest_main)
  if(CALOTYPE_UNITY OR CALOTYPE_SANITIZE)
    add_test(NAME unit.${name} COMMAND ${name}_test --gtest_brief=1)
    set_tests_properties(unit.${name} PROPERTIES TIMEOUT 1500)
    return()
  endif()
  include(GoogleTest)
  gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endfunction()
