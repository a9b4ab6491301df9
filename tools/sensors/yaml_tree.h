/* A YAML document as a tree with typed access. Whatever is not as expected is reported with file, line and field, and
 * reading goes on: one run names every problem. JSON in one line is YAML, too. */
#ifndef TOOLS_SENSORS_YAML_TREE_H
#define TOOLS_SENSORS_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#define YAML_FIELD_SIZE 160

struct yaml_report {
    void *ctx;
    /* line 0: the whole file; field "": the whole document. `text` says what was found and what was expected. */
    void (*problem)(void *ctx, const char *file, unsigned line, const char *field, const char *text);
};

struct yaml_tree {
    yaml_document_t document;
    const char *name; /* of the file, in reports */
    struct yaml_report report;
    unsigned problems;
};

/* Where in the tree, and what reports call it. */
struct yaml_at {
    yaml_node_t *node;
    char field[YAML_FIELD_SIZE];
};

/* False after a report when the text is not one YAML document. `name` outlives the tree. */
bool yaml_tree_parse(struct yaml_tree *tree, const char *name, const char *text, size_t size,
                     struct yaml_report report);
void yaml_tree_free(struct yaml_tree *tree);

struct yaml_at yaml_tree_root(struct yaml_tree *tree);

/* Reports a problem with the node: printf style. */
void yaml_problem(struct yaml_tree *tree, const struct yaml_at *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The value of a key; false when the mapping does not have it. No report. */
bool yaml_find(struct yaml_tree *tree, const struct yaml_at *mapping, const char *key, struct yaml_at *value);

/* The same for a key that has to be there. */
bool yaml_require(struct yaml_tree *tree, const struct yaml_at *mapping, const char *key, const char *expected,
                  struct yaml_at *value);

/* Reports unless the node is a mapping without double keys. */
bool yaml_check_mapping(struct yaml_tree *tree, const struct yaml_at *at, const char *expected);

/* The i-th pair of a mapping. False past the last. */
bool yaml_pair(struct yaml_tree *tree, const struct yaml_at *mapping, size_t index, const char **key,
               struct yaml_at *value);

/* Reports unless the node is a sequence. */
bool yaml_check_sequence(struct yaml_tree *tree, const struct yaml_at *at, const char *expected);

/* The i-th item of a sequence. False past the last. */
bool yaml_item(struct yaml_tree *tree, const struct yaml_at *sequence, size_t index, struct yaml_at *item);

/* NULL after a report when the node is not a scalar. Lives as long as the tree. */
const char *yaml_text(struct yaml_tree *tree, const struct yaml_at *at, const char *expected);

/* A finite number from minimum to maximum, a whole one if asked for; false after a report. */
bool yaml_number(struct yaml_tree *tree, const struct yaml_at *at, double minimum, double maximum, bool whole,
                 double *value);

#endif
