# What a board's CMakeLists.txt uses to make its images.
set(STILLWATER_CORTEX_M_DIR ${CMAKE_CURRENT_LIST_DIR})

# stillwater_board_library(<sources of the board>): everything below the firmware, as target `board`.
function(stillwater_board_library)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE sources)
  add_library(board OBJECT ${sources}
    ${STILLWATER_CORTEX_M_DIR}/startup.c
    ${STILLWATER_CORTEX_M_DIR}/boot_marker.c
    ${STILLWATER_CORTEX_M_DIR}/monotonic.c
    ${STILLWATER_CORTEX_M_DIR}/node_config.c
    ${STILLWATER_CORTEX_M_DIR}/node_ports.c
    ${STILLWATER_CORTEX_M_DIR}/stack_paint.c)
  target_include_directories(board PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(board PUBLIC contracts)
  target_compile_definitions(board PRIVATE
    STILLWATER_UNIT_ID=${STILLWATER_UNIT_ID}u STILLWATER_SERIAL=${STILLWATER_SERIAL}u)
endfunction()

# stillwater_link_image(<target> <linker script>): links with the board's code, and makes .hex and .bin beside the .elf.
function(stillwater_link_image target script)
  target_link_libraries(${target} PRIVATE board)
  target_link_options(${target} PRIVATE
    -nostartfiles
    -Wl,--gc-sections
    -Wl,--fatal-warnings
    -L${STILLWATER_CORTEX_M_DIR}
    -T${script}
    -Wl,-Map=$<TARGET_FILE_DIR:${target}>/${target}.map)
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}
    SUFFIX .elf
    LINK_DEPENDS "${STILLWATER_CORTEX_M_DIR}/sections.ld;${script}")
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_OBJCOPY} -O ihex $<TARGET_FILE:${target}> ${CMAKE_BINARY_DIR}/${target}.hex
    COMMAND ${CMAKE_OBJCOPY} -O binary $<TARGET_FILE:${target}> ${CMAKE_BINARY_DIR}/${target}.bin
    VERBATIM)
endfunction()

# stillwater_node_image(): the node itself, as stillwater-node-<board>, weighed against budget.cmake of the board.
function(stillwater_node_image)
  set(target stillwater-node-${STILLWATER_BOARD})
  add_executable(${target} ${STILLWATER_CORTEX_M_DIR}/node_main.c)
  target_link_libraries(${target} PRIVATE node_firmware)
  stillwater_link_image(${target} ${CMAKE_CURRENT_SOURCE_DIR}/board.ld)
  # Always run, so that every build shows the figures, not only one that had to link.
  add_custom_target(budget ALL
    COMMAND ${STILLWATER_CORTEX_M_DIR}/../image_budget.py
      --elf $<TARGET_FILE:${target}> --objects ${CMAKE_BINARY_DIR}
      --calls ${STILLWATER_CORTEX_M_DIR}/indirect_calls.txt
      --flash ${STILLWATER_BUDGET_FLASH} --ram ${STILLWATER_BUDGET_RAM} --stack ${STILLWATER_BUDGET_STACK}
    DEPENDS ${target}
    COMMENT "Weighing ${target}"
    VERBATIM)
endfunction()
