#include "cli/query.h"

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/store_query.h"
#include "stillwater/error.h"

#define EXIT_UNUSABLE 2

static const char usage[] =
    "Usage: stillwater query --store FILE SQL [VALUE...]\n"
    "\n"
    "Asks a gateway's store in SQL and prints a JSON array for each row. Beside the store's tables there is one more,\n"
    "readings, in which every reading and node event is a row (docs/store.md). Reads the store beside the running "
    "daemon\n"
    "and changes nothing.\n"
    "\n"
    "  --store FILE  the gateway's store (store.path of its configuration)\n"
    "  VALUE         for a ? of the statement, in turn; digits alone are a number\n"
    "  --help        this text\n";

static json_t *value_of(const struct store_query_value *value)
{
    switch (value->type) {
    case STORE_QUERY_INTEGER:
        return json_integer(value->integer);
    case STORE_QUERY_REAL:
        return json_real(value->real);
    case STORE_QUERY_TEXT:
        return json_string(value->text);
    default:
        return json_null();
    }
}

static void print_row(void *ctx, const struct store_query_value *values, size_t count)
{
    json_t *row = json_array();
    (void)ctx;
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(row, value_of(&values[i]));
    (void)json_dumpf(row, stdout, JSON_COMPACT);
    (void)putchar('\n');
    json_decref(row);
}

int query_main(int argc, char **argv)
{
    static const struct option known[] = {
        {"store", required_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *store = NULL;
    int option;
    /* Options first: a value may begin with a dash. */
    while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1) {
        if (option == 'h') return fputs(usage, stdout) < 0;
        if (option != 's') return EXIT_UNUSABLE;
        store = optarg;
    }
    if (!store || optind >= argc) {
        (void)fputs(usage, stderr);
        return EXIT_UNUSABLE;
    }
    char text[512];
    int error = store_query(store, argv[optind], (const char *const *)(argv + optind + 1), (size_t)(argc - optind - 1),
                            NULL, print_row, text, sizeof text);
    if (error) (void)fprintf(stderr, "stillwater query: %s\n", text);
    return error ? EXIT_UNUSABLE : EXIT_SUCCESS;
}
