# calotype_library(NAME SOURCES a.cc... PUBLIC libs... PRIVATE libs...)
#   The static library calotype_NAME of one folder under src/. PUBLIC: what its headers need; PRIVATE: what stops at a .cc.
function(calotype_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(calotype_${name} STATIC ${arg_SOURCES})
  target_include_directories(calotype_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(calotype_${name} PUBLIC ${arg_PUBLIC} PRIVATE calotype_warnings ${arg_PRIVATE})
endfunction()

# calotype_test(NAME SOURCES a_test.cc... LIBS libs...)
#   The tests of one folder: the binary NAME_test, one ctest test per GoogleTest case. They find their data by
#   CALOTYPE_SOURCE_DIR.
function(calotype_test name)
  if(NOT CALOTYPE_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name}_test ${arg_SOURCES})
  target_compile_definitions(${name}_test PRIVATE CALOTYPE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  # What is tested is optimised; the tests themselves, half of all code, compile in half the time without.
  target_compile_options(${name}_test PRIVATE -O0)
  target_link_libraries(${name}_test PRIVATE calotype_warnings ${arg_LIBS} GTest::gmock GTest::gtest_main)
  include(GoogleTest)
  gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endfunction()
