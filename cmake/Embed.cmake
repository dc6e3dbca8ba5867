# calotype_bytes(VARIABLE FILE): the bytes of a file as the text of an array's elements.
function(calotype_bytes variable file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  set(${variable} "${bytes}" PARENT_SCOPE)
endfunction()

# calotype_embed(HEADER NAME=FILE...)
#   Writes HEADER into the build folder: for each file an array of its bytes called NAME. Include it as "HEADER".
function(calotype_embed header)
  set(text "// Made by CMake from files of the source.\n#pragma once\n\nnamespace calotype {\n\n")
  foreach(entry IN LISTS ARGN)
    string(REPLACE "=" ";" entry ${entry})
    list(GET entry 0 name)
    list(GET entry 1 file)
    calotype_bytes(bytes ${file})
    string(APPEND text "inline constexpr unsigned char ${name}[] = {${bytes}};\n")
  endforeach()
  file(CONFIGURE OUTPUT ${header} CONTENT "${text}\n}  // namespace calotype\n" @ONLY)
endfunction()

# calotype_embed_folder(HEADER NAME FOLDER)
#   Writes HEADER into the build folder: NAME is an array of {path, bytes}, sorted by path, of all files below FOLDER. CMake
#   looks at the folder again when one of its files changes or is removed.
function(calotype_embed_folder header name folder)
  file(GLOB_RECURSE files RELATIVE ${folder} LIST_DIRECTORIES false ${folder}/*)
  list(SORT files)
  set(arrays "")
  set(table "")
  set(index 0)
  foreach(file IN LISTS files)
    calotype_bytes(bytes ${folder}/${file})
    string(APPEND arrays "inline constexpr unsigned char ${name}${index}[] = {${bytes}};\n")
    string(APPEND table "    EmbeddedFile{\"${file}\", ${name}${index}},\n")
    math(EXPR index "${index} + 1")
  endforeach()
  string(CONCAT text
    "// Made by CMake from the files of a folder.\n#pragma once\n\n#include <span>\n#include <string_view>\n\n"
    "namespace calotype {\n\n"
    "struct EmbeddedFile {\n  std::string_view path;\n  std::span<const unsigned char> bytes;\n};\n\n"
    "${arrays}\ninline constexpr EmbeddedFile ${name}[] = {\n${table}};\n\n}  // namespace calotype\n")
  file(CONFIGURE OUTPUT ${header} CONTENT "${text}" @ONLY)
endfunction()
