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
# g++ 12 sees overflows in optimised std::string concatenation, and uninitialised members in std::function, that are not there
# (GCC bugs 105329, 105651, 105562).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(aria_development INTERFACE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow
                                                    -Wno-maybe-uninitialized)
endif()
# cxxopts' own parser of option names: compiling regular expressions takes longer than some of the programs.
target_compile_definitions(aria_development INTERFACE CXXOPTS_NO_REGEX)
if(ARIA_SANITIZE)
  target_compile_options(aria_development INTERFACE -fsanitize=${ARIA_SANITIZE} -fno-sanitize-recover=all
                                                    -fno-omit-frame-pointer -g)
  target_link_options(aria_development INTERFACE -fsanitize=${ARIA_SANITIZE})
endif()
