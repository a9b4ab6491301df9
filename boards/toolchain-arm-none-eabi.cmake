# Bare-metal Arm, no operating system: Debian's gcc-arm-none-eabi with newlib for memcpy and its kind.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_ASM_COMPILER arm-none-eabi-gcc)
set(CMAKE_OBJCOPY arm-none-eabi-objcopy CACHE FILEPATH "")
set(CMAKE_OBJDUMP arm-none-eabi-objdump CACHE FILEPATH "")
set(CMAKE_SIZE arm-none-eabi-size CACHE FILEPATH "")

# A test link needs a linker script and startup code that only a board has.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

# Every object of an image, firmware libraries included, has to agree on the core; a board file says which.
if(STILLWATER_BOARD STREQUAL "stm32f405")
  set(STILLWATER_CPU_FLAGS "-mcpu=cortex-m4 -mthumb -mfloat-abi=soft")
elseif(STILLWATER_BOARD STREQUAL "mps2-an385")
  set(STILLWATER_CPU_FLAGS "-mcpu=cortex-m3 -mthumb")
endif()
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES STILLWATER_BOARD)
# .su and .ci files beside each object say what a function puts on the stack and whom it calls (stack_budget.py).
set(CMAKE_C_FLAGS_INIT
  "${STILLWATER_CPU_FLAGS} -ffreestanding -ffunction-sections -fdata-sections -fno-common -fcallgraph-info=su")
set(CMAKE_C_FLAGS_MINSIZEREL_INIT "-Os -g")
