# Language level, warnings, sanitizers and the compiler cache, for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Sanitizers: what they add is slow to compile and hardly faster for -O2.
if(CALOTYPE_SANITIZE)
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
else()
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
endif()

find_program(CALOTYPE_CCACHE ccache)
if(CALOTYPE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CALOTYPE_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CALOTYPE_CCACHE})
  # ccache caches files that use a precompiled header only with this option, and with the CCACHE_SLOPPINESS that
  # tools/setup/stages.sh sets.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()

# Paths in debug information and assertions do not depend on where the tree lies, so caches are shared between clones.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)

add_library(calotype_warnings INTERFACE)
target_compile_options(calotype_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                                   -Wnon-virtual-dtor -Woverloaded-virtual
                                                   -Wno-missing-field-initializers $<$<BOOL:${CALOTYPE_WERROR}>:-Werror>)

if(CALOTYPE_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(CALOTYPE_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
  add_link_options(-fsanitize=thread)
elseif(CALOTYPE_SANITIZE)
  message(FATAL_ERROR "CALOTYPE_SANITIZE is '${CALOTYPE_SANITIZE}'; it may be empty, address or thread")
endif()

# What is tested is optimised and watched for undefined behaviour; the tests themselves, half of all code, compile in a
# third of the time without.
set(CALOTYPE_TEST_OPTIONS -O0)
if(CALOTYPE_SANITIZE STREQUAL "address")
  list(APPEND CALOTYPE_TEST_OPTIONS -fno-sanitize=undefined)
endif()
