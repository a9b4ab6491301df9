#include <stdio.h>

#include "reference/pages.h"

void print_errors(void)
{
    puts("# Errors\n\n"
         "Made from `include/stillwater/error.def` by `stillwater-reference errors`; do not edit.\n\n"
         "Functions return 0 or one of these. Numbers are stable.\n\n"
         "| number | name | meaning |\n|---|---|---|");
#define SW_ERROR(number, name, text) printf("| %d | %s | %s |\n", number, #name, text);
#include "stillwater/error.def"
#undef SW_ERROR
}
