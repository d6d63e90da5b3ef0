# Fails where the name of a test would get lost: CMake's lists of tests end a name at `;` and join those behind a `[`.
#
#   cmake -D TESTS=tests -P check_test_names.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE sources ${TESTS}/*_test.cpp)
set(faults "")
foreach(source IN LISTS sources)
  file(READ ${source} text)
  string(REGEX MATCHALL "TEST_CASE\\(\"[^\"\n]*[][;][^\"\n]*\"" found "${text}")
  if(found)
    string(APPEND faults "  ${source}: ${found}\n")
  endif()
endforeach()
list(LENGTH sources count)
if(faults OR count EQUAL 0)
  message(FATAL_ERROR "Names of tests must not have `;`, `[` or `]` in them:\n${faults}")
endif()
message(STATUS "${count} files keep the rule")
