# ONNX Runtime's C and C++ headers, as the target calotype_onnxruntime_headers. The library itself is opened at run time.
# An installed ONNX Runtime is used where there is one; else what tools/setup/fetch_runtimes put into the cache, which has
# the same oldest version.
if(NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(calotype_cache "$ENV{XDG_CACHE_HOME}/calotype")
else()
  set(calotype_cache "$ENV{HOME}/.cache/calotype")
endif()
pkg_check_modules(calotype_installed_onnxruntime QUIET "libonnxruntime >= 1.22")
find_path(CALOTYPE_ONNXRUNTIME_INCLUDE onnxruntime_cxx_api.h
  HINTS ${calotype_installed_onnxruntime_INCLUDE_DIRS} "${calotype_cache}/onnxruntime/include"
  PATH_SUFFIXES onnxruntime onnxruntime/core/session)
if(NOT CALOTYPE_ONNXRUNTIME_INCLUDE)
  message(FATAL_ERROR "onnxruntime_cxx_api.h was not found. Run tools/setup/fetch_runtimes, install ONNX Runtime, or point "
                      "-DCALOTYPE_ONNXRUNTIME_INCLUDE at the folder that holds its headers.")
endif()
add_library(calotype_onnxruntime_headers INTERFACE)
target_include_directories(calotype_onnxruntime_headers SYSTEM INTERFACE ${CALOTYPE_ONNXRUNTIME_INCLUDE})
