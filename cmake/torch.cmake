# Defines aria_torch_dependency, libtorch, where find_package finds it. Used by the build and by the installed package.
# GLOBAL, so that a project can use it whose subfolder, or whose dependency, aria is.
if(NOT TARGET aria_torch_dependency)
  # In a scope of its own: what libtorch's package sets and says is nobody else's business.
  function(aria_find_torch)
    set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL TRUE)
    set(CMAKE_MESSAGE_LOG_LEVEL NOTICE)
    find_package(Torch QUIET)
    if(NOT Torch_FOUND)
      return()
    endif()
    # The headers of libtorch 1 compile as C++20 with g++ alone: clang finds vectors of an incomplete type in them.
    if(CMAKE_CXX_COMPILER_ID MATCHES Clang AND Torch_VERSION VERSION_LESS 2)
      return()
    endif()
    add_library(aria_torch_dependency INTERFACE IMPORTED GLOBAL)
    target_include_directories(aria_torch_dependency SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
    target_link_libraries(aria_torch_dependency INTERFACE ${TORCH_LIBRARIES})
    separate_arguments(flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
    target_compile_options(aria_torch_dependency INTERFACE ${flags})
    # Several processes need Gloo, whose headers Debian has in a package of their own.
    find_path(ARIA_GLOO_FOLDER gloo/algorithm.h HINTS ${TORCH_INCLUDE_DIRS})
    mark_as_advanced(ARIA_GLOO_FOLDER)
    if(ARIA_GLOO_FOLDER)
      target_compile_definitions(aria_torch_dependency INTERFACE ARIA_GLOO)
    endif()
  endfunction()
  aria_find_torch()
endif()
