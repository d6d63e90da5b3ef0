# One case of CMakeLists.txt: SOURCE, MESSAGE (a regular expression), COMPILER, INCLUDES (a list of folders).
cmake_minimum_required(VERSION 3.25)

set(ENV{LC_ALL} C) # plain quotes in the compiler's messages
list(REMOVE_DUPLICATES INCLUDES)
list(REMOVE_ITEM INCLUDES /usr/include) # there anyway, and named with -I in the wrong order
list(TRANSFORM INCLUDES PREPEND -I)
set(compile ${COMPILER} -std=c++20 -fsyntax-only ${INCLUDES})

execute_process(COMMAND ${compile} ${SOURCE} RESULT_VARIABLE status ERROR_VARIABLE output)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "Does not compile without the bad line either:\n${output}")
endif()

execute_process(COMMAND ${compile} -D BAD_LINE ${SOURCE} RESULT_VARIABLE status ERROR_VARIABLE output)
if(status EQUAL 0)
  message(FATAL_ERROR "Compiles with the bad line")
elseif(NOT output MATCHES "${MESSAGE}")
  message(FATAL_ERROR "Another message than '${MESSAGE}':\n${output}")
endif()
