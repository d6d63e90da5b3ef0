# Settings for what is built here: programs, tests and benchmarks. Users of the library are not touched by them.
include_guard()

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

option(ARIA_WARNINGS_AS_ERRORS "Stop at warnings in aria's own code" OFF)
set(ARIA_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=: address,undefined or thread")

add_library(aria_development INTERFACE)
target_link_libraries(aria_development INTERFACE aria::aria)
target_compile_options(aria_development INTERFACE -Wall -Wextra -Wpedantic -Wshadow
                                                  $<$<BOOL:${ARIA_WARNINGS_AS_ERRORS}>:-Werror>)
if(ARIA_SANITIZE)
  target_compile_options(aria_development INTERFACE -fsanitize=${ARIA_SANITIZE} -fno-sanitize-recover=all
                                                    -fno-omit-frame-pointer -g)
  target_link_options(aria_development INTERFACE -fsanitize=${ARIA_SANITIZE})
endif()
