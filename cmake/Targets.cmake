# calotype_library(NAME SOURCES a.cc... PUBLIC libs... PRIVATE libs...)
#   The static library calotype_NAME of one folder under src/. PUBLIC: what its headers need; PRIVATE: what stops at a .cc.
function(calotype_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(calotype_${name} STATIC ${arg_SOURCES})
  target_include_directories(calotype_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(calotype_${name} PUBLIC ${arg_PUBLIC} PRIVATE calotype_warnings ${arg_PRIVATE})
endfunction()

# The headers that every test includes, compiled once for all of them: GoogleTest's alone take longer than most tests.
if(CALOTYPE_TESTS)
  file(CONFIGURE OUTPUT test_headers.cc CONTENT "int main() {}\n")
  add_executable(calotype_test_headers EXCLUDE_FROM_ALL ${CMAKE_CURRENT_BINARY_DIR}/test_headers.cc)
  target_link_libraries(calotype_test_headers PRIVATE calotype_warnings fmt::fmt GTest::gmock GTest::gtest_main)
  target_compile_options(calotype_test_headers PRIVATE ${CALOTYPE_TEST_OPTIONS})
  target_precompile_headers(
    calotype_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h> <fmt/format.h> <absl/status/statusor.h> <algorithm>
    <chrono> <filesystem> <fstream> <functional> <map> <memory> <optional> <span> <string> <thread> <vector>)
endif()

# calotype_test(NAME SOURCES a_test.cc... LIBS libs...)
#   The tests of one folder: the binary NAME_test, one ctest test per GoogleTest case. They find their data by
#   SourceDir(). With sanitizers unit.NAME runs them all: to start such a program takes longer than most cases.
function(calotype_test name)
  if(NOT CALOTYPE_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name}_test ${arg_SOURCES})
  target_compile_options(${name}_test PRIVATE ${CALOTYPE_TEST_OPTIONS})
  target_precompile_headers(${name}_test REUSE_FROM calotype_test_headers)
  target_link_libraries(${name}_test PRIVATE calotype_warnings ${arg_LIBS} GTest::gmock GTest::gtest_main)
  if(CALOTYPE_SANITIZE)
    add_test(NAME unit.${name} COMMAND ${name}_test --gtest_brief=1)
    set_tests_properties(unit.${name} PROPERTIES TIMEOUT 1500)
    return()
  endif()
  include(GoogleTest)
  gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endfunction()
