# `cmake --install`: the headers and what find_package(aria) and pkg-config need.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(ARIA_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/aria)

install(DIRECTORY include/aria DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS aria EXPORT aria-targets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT aria-targets NAMESPACE aria:: DESTINATION ${ARIA_CONFIG_DIR})
if(TARGET aria_libsmf)
  install(TARGETS aria_libsmf EXPORT aria-libsmf-targets)
  install(EXPORT aria-libsmf-targets NAMESPACE aria:: DESTINATION ${ARIA_CONFIG_DIR})
endif()
if(TARGET aria_nn)
  install(TARGETS aria_nn EXPORT aria-nn-targets)
  install(EXPORT aria-nn-targets NAMESPACE aria:: DESTINATION ${ARIA_CONFIG_DIR})
endif()

configure_package_config_file(cmake/aria-config.cmake.in ${PROJECT_BINARY_DIR}/aria-config.cmake
                              INSTALL_DESTINATION ${ARIA_CONFIG_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/aria-config-version.cmake COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/aria-config.cmake ${PROJECT_BINARY_DIR}/aria-config-version.cmake cmake/libsmf.cmake
              cmake/torch.cmake
        DESTINATION ${ARIA_CONFIG_DIR})

configure_file(cmake/aria.pc.in ${PROJECT_BINARY_DIR}/aria.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/aria.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
