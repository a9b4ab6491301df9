# What the node image may use, in bytes; the build fails above it. Raise a figure only with a reason in the commit.
set(STILLWATER_BUDGET_FLASH 65536) # of 917504: leaves room for a second image beside this one
set(STILLWATER_BUDGET_RAM 49152)   # of 57344: data, bss and stack, without the retained memory
set(STILLWATER_BUDGET_STACK 4096)  # of 8192: worst case by call graph, interrupts included
