# The headers of OpenVINO's C interface, as the target calotype_openvino_headers. The library itself is opened at run
# time. An installed OpenVINO's are used where there is one; else what tools/setup/fetch_runtimes put into the cache.
# Any from 2023.0 on will do: what differs between versions is found out at run time.
pkg_check_modules(calotype_installed_openvino QUIET "openvino >= 2023.0")
find_path(CALOTYPE_OPENVINO_INCLUDE openvino/c/openvino.h
  HINTS ${calotype_installed_openvino_INCLUDE_DIRS} "${calotype_cache}/openvino/include")
if(NOT CALOTYPE_OPENVINO_INCLUDE)
  message(FATAL_ERROR "openvino/c/openvino.h was not found. Run tools/setup/fetch_runtimes, install OpenVINO, or point "
                      "-DCALOTYPE_OPENVINO_INCLUDE at the folder that holds its headers.")
endif()
add_library(calotype_openvino_headers INTERFACE)
target_include_directories(calotype_openvino_headers SYSTEM INTERFACE ${CALOTYPE_OPENVINO_INCLUDE})
