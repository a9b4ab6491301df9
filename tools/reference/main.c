/* stillwater-reference: prints the reference pages of docs/ from the tables the code is made of. */
#include <stdio.h>
#include <string.h>

#include "reference/pages.h"

static const struct {
    const char *name;
    void (*print)(void);
} pages[] = {
    {"registers", print_registers},
    {"errors", print_errors},
    {"alerts", print_alerts},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(argv[1], pages[i].name) != 0) continue;
        pages[i].print();
        return fflush(stdout) == 0 ? 0 : 1;
    }
    fputs("usage: stillwater-reference registers|errors|alerts\n", stderr);
    return 64;
}
