# Sources of the suites of firmware logic, for the host and for an image on the target. Include directories: the
# project's root and include/. Link node_firmware. Whoever links them defines check_write().
set(FIRMWARE_SUITES framing bus log log_power_cut sampler server clock node)
set(CONTRACT_SUITES contracts profile)
set(FIRMWARE_SUITE_SOURCES ${PROJECT_SOURCE_DIR}/boards/native/sim_port.c
                           ${PROJECT_SOURCE_DIR}/tests/unit/firmware/bench.c
                           ${PROJECT_SOURCE_DIR}/tests/unit/firmware/suites.c)
foreach(suite ${FIRMWARE_SUITES})
  list(APPEND FIRMWARE_SUITE_SOURCES ${PROJECT_SOURCE_DIR}/tests/unit/firmware/${suite}_suite.c)
endforeach()
foreach(suite ${CONTRACT_SUITES})
  list(APPEND FIRMWARE_SUITE_SOURCES ${PROJECT_SOURCE_DIR}/tests/unit/contracts/${suite}_suite.c)
endforeach()
