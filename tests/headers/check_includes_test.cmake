# Shows that check_includes.cmake finds what it is there for: made-up trees, each with one fault, and one without any.
#
#   cmake -D WORK=a/folder/of/mine -P check_includes_test.cmake
cmake_minimum_required(VERSION 3.25)

function(header path)
  set(text "#pragma once\n")
  foreach(name IN LISTS ARGN)
    string(APPEND text "#include ${name}\n")
  endforeach()
  file(WRITE ${WORK}/aria/${path} "${text}")
endfunction()

# A small tree that keeps every rule; the arguments then replace or add one header.
function(tree)
  file(REMOVE_RECURSE ${WORK})
  header(aria.hpp <aria/midi.hpp> <aria/dataset.hpp> <aria/drawing.hpp>)
  header(midi.hpp <aria/midi/reader.hpp>)
  header(dataset.hpp <aria/dataset/build.hpp>)
  header(drawing.hpp <aria/drawing/svg.hpp>)
  header(support/md5.hpp <string> <openssl/evp.h>)
  header(config/json_view.hpp <simdjson.h> <aria/support/md5.hpp>)
  header(midi/reader.hpp <aria/config/json_view.hpp>)
  header(midi/libsmf.hpp <smf.h> <aria/midi/reader.hpp>)
  header(dataset/build.hpp <aria/midi/reader.hpp> <aria/support/md5.hpp>)
  header(drawing/svg.hpp <aria/midi/reader.hpp>)
  header(nn/model.hpp <torch/torch.h> <aria/dataset/build.hpp>)
  if(ARGN)
    header(${ARGN})
  endif()
endfunction()

function(check expected)
  tree(${ARGN})
  execute_process(COMMAND ${CMAKE_COMMAND} -D INCLUDE=${WORK} -P ${CMAKE_CURRENT_LIST_DIR}/check_includes.cmake
                  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(expected STREQUAL "nothing")
    if(NOT status EQUAL 0)
      message(SEND_ERROR "A tree without a fault is refused:\n${output}")
    endif()
    return()
  endif()
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  string(FIND "${output}" "${expected}" place)
  if(status EQUAL 0 OR place EQUAL -1)
    message(SEND_ERROR "Not found: ${expected}\nin: ${output}")
  endif()
endfunction()

check("nothing")
check("support/file.hpp: includes <aria/midi/reader.hpp>, which lies above it"
      support/file.hpp <aria/midi/reader.hpp>)
check("config/file.hpp: includes <aria/dataset/build.hpp>, which lies above it"
      config/file.hpp <aria/dataset/build.hpp>)
check("dataset/build.hpp: includes <aria/drawing/svg.hpp>, which lies beside it"
      dataset/build.hpp <aria/drawing/svg.hpp>)
check("dataset/build.hpp: includes <aria/nn/model.hpp>, which lies above it"
      dataset/build.hpp <aria/nn/model.hpp>)
check("dataset/build.hpp: includes the door <aria/midi.hpp>"
      dataset/build.hpp <aria/midi.hpp>)
check("dataset/build.hpp: includes <aria/midi/gone.hpp>, which is not there"
      dataset/build.hpp <aria/midi/gone.hpp>)
check("dataset/build.hpp: has an include that is not written <...>"
      dataset/build.hpp "\"../midi/reader.hpp\"")
check("midi.hpp: is a door and includes <aria/support/md5.hpp>"
      midi.hpp <aria/midi/reader.hpp> <aria/support/md5.hpp>)
check("aria.hpp: includes <aria/midi/reader.hpp>, which is no door"
      aria.hpp <aria/midi/reader.hpp> <aria/dataset.hpp> <aria/drawing.hpp>)
check("midi/reader.hpp: must not know <torch/torch.h>" midi/reader.hpp <torch/torch.h>)
check("midi/reader.hpp: must not know <smf.h>" midi/reader.hpp <smf.h>)
check("midi/reader.hpp: must not know <openssl/md5.h>" midi/reader.hpp <openssl/md5.h>)
check("midi/reader.hpp: must not know <simdjson.h>" midi/reader.hpp <simdjson.h>)
check("midi/lost.hpp: is not reached from aria.hpp" midi/lost.hpp)
check("midi/lost.hpp: is not reached from midi.hpp" midi/lost.hpp)
check("drawing/svg.hpp: is not reached from aria.hpp" aria.hpp <aria/midi.hpp> <aria/dataset.hpp>)
check("news/paper.hpp: lies in a folder without a level" news/paper.hpp)
file(REMOVE_RECURSE ${WORK})
