# Language level, warnings, sanitizers and the compiler cache, for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-g1")  # how far it is optimised: see calotype_program below

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
target_compile_options(calotype_warnings INTERFACE -Wall -Wextra -Wpedantic
                                                   $<$<NOT:$<BOOL:$<TARGET_PROPERTY:CALOTYPE_MAY_SHADOW>>>:-Wshadow> -Wconversion -Wno-sign-conversion
                                                   -Wnon-virtual-dtor -Woverloaded-virtual
                                                   -Wno-missing-field-initializers $<$<BOOL:${CALOTYPE_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
  # GCC 14 takes values for uninitialised that std::optional guards. What it says is still shown.
  target_compile_options(calotype_warnings INTERFACE -Wno-error=maybe-uninitialized)
endif()

# Warnings and options of the program's code. The tests, half of all code, compile in a third of the time without
# optimisation. AddressSanitizer watches the program alone: its build takes the tests' objects from the compiler cache, where
# the release build put them. ThreadSanitizer must see both, or it would miss how they wait for each other.
add_library(calotype_program INTERFACE)
target_link_libraries(calotype_program INTERFACE calotype_warnings)
set(CALOTYPE_TEST_OPTIONS -O0)
if(CALOTYPE_SANITIZE STREQUAL "address")
  set(calotype_sanitize -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(CALOTYPE_SANITIZE STREQUAL "thread")
  set(calotype_sanitize -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
  list(APPEND CALOTYPE_TEST_OPTIONS ${calotype_sanitize})
elseif(CALOTYPE_SANITIZE STREQUAL "fuzzer")
  set(calotype_sanitize -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(CALOTYPE_SANITIZE)
  message(FATAL_ERROR "CALOTYPE_SANITIZE is '${CALOTYPE_SANITIZE}'; it may be empty, address, thread or fuzzer")
endif()
if(CALOTYPE_SANITIZE)
  # What sanitizers add is slow to compile and hardly faster for -O2, and GCC gives false warnings in it.
  target_compile_options(calotype_program INTERFACE -O1 ${calotype_sanitize} -Wno-error)
  add_link_options(${calotype_sanitize})
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  # What makes an error in memory stop the program instead of letting an attacker go on: checked sizes of copies, a guard in
  # each stack frame, jumps only to where functions begin, and tables of addresses that are read-only once the program runs.
  # tests/hardening_test.py looks for them in the binary.
  target_compile_options(calotype_program INTERFACE -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
                                                    -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(calotype_program INTERFACE -fcf-protection=full)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64")
    target_compile_options(calotype_program INTERFACE -mbranch-protection=standard)
  endif()
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()
