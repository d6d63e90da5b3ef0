# Configures, builds and runs the project of one test in CMakeLists.txt, from nothing.
cmake_minimum_required(VERSION 3.25)

function(run result)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nfailed with ${status}:\n${output}")
  endif()
  set(${result} "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
run(output ${CMAKE_COMMAND} -S ${PROJECT} -B ${WORK} -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER} -D
    CMAKE_BUILD_TYPE=${BUILD_TYPE} -D CMAKE_PREFIX_PATH=${PREFIX} -D ARIA_SOURCE=${ARIA_SOURCE} --no-warn-unused-cli)
run(build ${CMAKE_COMMAND} --build ${WORK} --parallel 1 --verbose)

run(output ${WORK}/consumer)
if(NOT output STREQUAL "pitch 60, ticks 0 to 96\n")
  message(FATAL_ERROR "The program printed:\n${output}")
endif()

run(libraries ldd ${WORK}/consumer)
if(LINKED AND NOT libraries MATCHES "${LINKED}")
  message(FATAL_ERROR "Not linked with ${LINKED}:\n${libraries}")
endif()
if(NOT_LINKED AND "${build}${libraries}" MATCHES "${NOT_LINKED}")
  message(FATAL_ERROR "Knows more than it needs, ${CMAKE_MATCH_0}:\n${build}${libraries}")
endif()
