# What the node image may use, in bytes; the build fails above it. Raise a figure only with a reason in the commit.
# The board has 4 MB of each; the figures are those of the STM32F405, so that growth shows on either.
set(STILLWATER_BUDGET_FLASH 65536)
set(STILLWATER_BUDGET_RAM 49152)  # data, bss and stack, without the retained memory
set(STILLWATER_BUDGET_STACK 4096) # of 8192: worst case by call graph, interrupts included
