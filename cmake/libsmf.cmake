# Defines aria_libsmf_dependency, the libsmf library, where pkg-config finds it. Used by the build and by the installed
# package. GLOBAL, so that a project can use it whose subfolder, or whose dependency, aria is.
if(NOT TARGET aria_libsmf_dependency)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(ARIA_SMF QUIET IMPORTED_TARGET GLOBAL smf)
    if(TARGET PkgConfig::ARIA_SMF)
      add_library(aria_libsmf_dependency INTERFACE IMPORTED GLOBAL)
      target_link_libraries(aria_libsmf_dependency INTERFACE PkgConfig::ARIA_SMF)
    endif()
  endif()
endif()
