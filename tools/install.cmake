# What `make install` puts where: the program, its configuration, a systemd unit and the manual page.
include(GNUInstallDirs)
set(FRESHET_CONF_DIR ${CMAKE_INSTALL_FULL_SYSCONFDIR}/freshet)

install(TARGETS freshet-server RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The file as shipped goes to the documentation; the one in use is never overwritten.
install(FILES conf/freshet.conf DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(CODE "
  if(NOT EXISTS \"\$ENV{DESTDIR}${FRESHET_CONF_DIR}/freshet.conf\")
    file(INSTALL \"${CMAKE_SOURCE_DIR}/conf/freshet.conf\" DESTINATION \"${FRESHET_CONF_DIR}\")
  endif()")

file(READ conf/freshet.service FRESHET_UNIT)
string(REPLACE /usr/local/bin ${CMAKE_INSTALL_FULL_BINDIR} FRESHET_UNIT "${FRESHET_UNIT}")
string(REPLACE /etc/freshet ${FRESHET_CONF_DIR} FRESHET_UNIT "${FRESHET_UNIT}")
file(WRITE ${CMAKE_BINARY_DIR}/freshet.service "${FRESHET_UNIT}")
# Not LIBDIR: systemd looks below lib, whatever the machine's word size.
install(FILES ${CMAKE_BINARY_DIR}/freshet.service DESTINATION lib/systemd/system)

install(CODE "
  execute_process(
    COMMAND \"${CMAKE_SOURCE_DIR}/tools/man.sh\" \"$<TARGET_FILE:freshet-server>\"
    OUTPUT_FILE \"${CMAKE_BINARY_DIR}/freshet-server.1\" RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR \"the manual page could not be made\")
  endif()")
install(FILES ${CMAKE_BINARY_DIR}/freshet-server.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
