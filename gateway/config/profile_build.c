#include "config/profile_build.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/profile_reads.h"

struct build {
    struct profile_file *file;
    const struct raw_profile *raw;
    struct config_document *document;
    struct config_problems *problems;
};

__attribute__((format(printf, 3, 4))) static void report(const struct build *build, const char *path,
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    config_document_problem(build->document, build->problems, path, format, arguments);
    va_end(arguments);
}

static uint32_t or_else(const uint32_t *value, uint32_t otherwise)
{
    return value ? *value : otherwise;
}

/* ---- words ---- */

static const char *const types[] = {"U16", "I16", "U32", "I32", "F32", NULL};
static const char *const orders[] = {"ABCD", "DCBA", "BADC", "CDAB", NULL};
static const char *const qualities[] = {"suspect", "bad", NULL};

/* Index of the word; of none, 0 after a problem. */
static unsigned word(const struct build *build, const char *path, const char *found, const char *const *words)
{
    char expected[128];
    size_t used = 0;
    for (unsigned i = 0; words[i]; i++) {
        if (strcmp(found, words[i]) == 0) return i;
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%s", i ? ", " : "", words[i]);
    }
    report(build, path, "found %.60s; expected one of %s", found, expected);
    return 0;
}

static enum sw_reading_kind reading(const struct build *build, const char *path, const char *found)
{
    enum sw_reading_kind kind = sw_reading_kind_from_name(found);
    char expected[512];
    size_t used = 0;
    if (kind != SW_READING_NONE) return kind;
    for (unsigned code = 1; sw_reading_kind_info(code) && used < sizeof expected; code++)
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%s", code > 1 ? ", " : "",
                                 sw_reading_kind_info(code)->name);
    report(build, path, "found %.60s; expected one of %s", found, expected);
    return SW_READING_NONE;
}

/* Of this unit, in steps of a reading of this kind. */
static double steps(enum sw_reading_kind kind, double amount)
{
    const struct sw_reading_kind_info *info = sw_reading_kind_info(kind);
    return info ? amount * 1000 / info->wire_milli : amount;
}

/* The same as a reading's value, which has 32 bits. */
static int32_t whole_steps(const struct build *build, const char *path, enum sw_reading_kind kind, double amount)
{
    double value = round(steps(kind, amount));
    if (value >= INT32_MIN && value <= INT32_MAX) return (int32_t)value;
    report(build, path, "found %.10g; expected an amount from %.10g to %.10g", amount, amount * (INT32_MIN / value),
           amount * (INT32_MAX / value));
    return 0;
}

/* ---- points ---- */

static struct sw_profile_register beside(const struct sw_profile_point *point, const uint32_t *address)
{
    if (!address) return (struct sw_profile_register){0};
    return (struct sw_profile_register){point->at.function, (uint16_t)*address};
}

static void build_units(const struct build *build, struct sw_profile_point *point, const struct raw_profile_unit *raw,
                        const char *path)
{
    struct profile_file *file = build->file;
    char field[CONFIG_PATH_SIZE];
    point->unit = beside(point, &raw->address);
    point->units = &file->units[file->unit_count];
    if (raw->factors_count == 0 || raw->factors_count > PROFILE_UNITS_MAX - file->unit_count) {
        snprintf(field, sizeof field, "%.200s.unit.factors", path);
        report(build, field, "found %u; expected 1 to %d in all points together", raw->factors_count,
               PROFILE_UNITS_MAX);
        return;
    }
    for (uint32_t i = 0; i < raw->factors_count; i++) {
        struct sw_profile_unit *unit = &file->units[file->unit_count++];
        *unit = (struct sw_profile_unit){(uint16_t)raw->factors[i].code, raw->factors[i].factor};
        snprintf(field, sizeof field, "%.200s.unit.factors[%u].code", path, i);
        for (uint32_t j = 0; j < i; j++)
            if (point->units[j].code == unit->code)
                report(build, field, "found %u again; expected it once", unit->code);
        snprintf(field, sizeof field, "%.200s.unit.factors[%u].factor", path, i);
        if (unit->factor == 0) report(build, field, "found 0; expected another number");
    }
    point->unit_count = (uint8_t)raw->factors_count;
}

static void build_codes(const struct build *build, struct sw_profile_point *point, const struct raw_profile_point *raw,
                        const char *path)
{
    struct profile_file *file = build->file;
    char field[CONFIG_PATH_SIZE];
    snprintf(field, sizeof field, "%.200s.codes", path);
    point->codes = &file->codes[file->code_count];
    if (raw->codes_count > PROFILE_CODES_MAX - file->code_count) {
        report(build, field, "found %u; expected at most %d in all points together", raw->codes_count,
               PROFILE_CODES_MAX);
        return;
    }
    if (sw_register_type_size(point->type) != 1)
        report(build, field, "found beside type %s; expected codes of U16 or I16", types[point->type]);
    if (raw->scale || raw->offset || raw->minimum || raw->maximum || raw->unit || raw->decimals || raw->fraction)
        report(build, field,
               "found beside scale, offset, minimum, maximum, unit, decimals or fraction; expected codes alone");
    for (uint32_t i = 0; i < raw->codes_count; i++) {
        struct sw_profile_code *code = &file->codes[file->code_count++];
        snprintf(field, sizeof field, "%.200s.codes[%u].value", path, i);
        *code = (struct sw_profile_code){(uint16_t)raw->codes[i].raw,
                                         whole_steps(build, field, point->kind, raw->codes[i].value)};
        snprintf(field, sizeof field, "%.200s.codes[%u].raw", path, i);
        for (uint32_t j = 0; j < i; j++)
            if (point->codes[j].raw == code->raw) report(build, field, "found %u again; expected it once", code->raw);
    }
    point->code_count = (uint8_t)raw->codes_count;
}

static void build_range(const struct build *build, struct sw_profile_point *point, const struct raw_profile_point *raw,
                        const char *path)
{
    char field[CONFIG_PATH_SIZE];
    if (raw->codes_count > 0) return;
    snprintf(field, sizeof field, "%.200s.maximum", path);
    if (!raw->maximum) report(build, field, "key is missing; expected the greatest value that can be true");
    if (raw->maximum) point->maximum = whole_steps(build, field, point->kind, *raw->maximum);
    snprintf(field, sizeof field, "%.200s.minimum", path);
    if (!raw->minimum) report(build, field, "key is missing; expected the least value that can be true");
    if (raw->minimum) point->minimum = whole_steps(build, field, point->kind, *raw->minimum);
    if (raw->minimum && raw->maximum && *raw->minimum >= *raw->maximum)
        report(build, field, "found %.10g; expected less than maximum, which is %.10g", *raw->minimum, *raw->maximum);
}

/* What does not go together with the size of the value. */
static void check_size(const struct build *build, const struct sw_profile_point *point,
                       const struct raw_profile_point *raw, const char *path)
{
    uint8_t size = sw_register_type_size(point->type);
    char field[CONFIG_PATH_SIZE];
    snprintf(field, sizeof field, "%.200s.address", path);
    if (raw->address + size > 0x10000)
        report(build, field, "found 0x%04x; expected room for two registers", raw->address);
    snprintf(field, sizeof field, "%.200s.fraction", path);
    if (raw->fraction && *raw->fraction == 0xffff)
        report(build, field, "found 0x%04x; expected room for two registers", *raw->fraction);
    snprintf(field, sizeof field, "%.200s.order", path);
    if (size == 1 && (point->order == SW_ORDER_DCBA || point->order == SW_ORDER_CDAB))
        report(build, field, "found %s; expected ABCD or BADC, since %s has 16 bits", orders[point->order],
               types[point->type]);
    snprintf(field, sizeof field, "%.200s.mask", path);
    if (raw->mask && point->type != SW_TYPE_U16)
        report(build, field, "found beside type %s; expected bits of a U16", types[point->type]);
    snprintf(field, sizeof field, "%.200s.no_reading", path);
    if (raw->no_reading && size == 1 && *raw->no_reading > UINT16_MAX)
        report(build, field, "found 0x%x; expected 16 bits", *raw->no_reading);
}

static void build_point(const struct build *build, uint32_t index)
{
    const struct raw_profile_point *raw = &build->raw->points[index];
    struct sw_profile_point *point = &build->file->points[index];
    char path[CONFIG_PATH_SIZE], field[CONFIG_PATH_SIZE];
    snprintf(path, sizeof path, "points[%u]", index);
    snprintf(field, sizeof field, "%.200s.reading", path);
    point->kind = reading(build, field, raw->reading);
    for (uint32_t i = 0; i < index; i++)
        if (point->kind != SW_READING_NONE && build->file->points[i].kind == point->kind)
            report(build, field, "found %s, which is points[%u] already; expected each reading once", raw->reading, i);
    point->at =
        (struct sw_profile_register){(uint8_t)or_else(raw->function, build->raw->function), (uint16_t)raw->address};
    snprintf(field, sizeof field, "%.200s.type", path);
    if (raw->type) point->type = (enum sw_register_type)word(build, field, raw->type, types);
    snprintf(field, sizeof field, "%.200s.order", path);
    if (raw->order) point->order = (enum sw_byte_order)word(build, field, raw->order, orders);
    if (!raw->type || strcmp(types[point->type], raw->type) == 0) check_size(build, point, raw, path);
    point->mask = (uint16_t)or_else(raw->mask, 0);
    point->has_no_reading = raw->no_reading != NULL;
    point->no_reading = or_else(raw->no_reading, 0);
    if (raw->codes_count == 0) point->scale = steps(point->kind, raw->scale ? *raw->scale : 1);
    if (raw->codes_count == 0) point->offset = steps(point->kind, raw->offset ? *raw->offset : 0);
    snprintf(field, sizeof field, "%.200s.scale", path);
    if (raw->scale && *raw->scale == 0) report(build, field, "found 0; expected another number");
    build_range(build, point, raw, path);
    point->fraction = beside(point, raw->fraction);
    point->decimals = beside(point, raw->decimals);
    if (raw->unit) build_units(build, point, raw->unit, path);
    if (raw->codes_count > 0) build_codes(build, point, raw, path);
}

/* ---- guards ---- */

static uint16_t point_bit(const struct build *build, const char *path, const char *name)
{
    enum sw_reading_kind kind = reading(build, path, name);
    for (uint32_t i = 0; i < build->raw->points_count; i++)
        if (build->file->points[i].kind == kind) return (uint16_t)(1u << i);
    if (kind != SW_READING_NONE) report(build, path, "no point gives %s; expected a reading of this profile", name);
    return 0;
}

static void build_guard(const struct build *build, uint32_t index)
{
    const struct raw_profile_guard *raw = &build->raw->guards[index];
    struct sw_profile_guard *guard = &build->file->guards[index];
    char field[CONFIG_PATH_SIZE];
    guard->at =
        (struct sw_profile_register){(uint8_t)or_else(raw->function, build->raw->function), (uint16_t)raw->address};
    guard->mask = (uint16_t)or_else(raw->mask, UINT16_MAX);
    guard->expected = (uint16_t)raw->expected;
    snprintf(field, sizeof field, "guards[%u].expected", index);
    if (guard->expected & ~guard->mask)
        report(build, field, "found 0x%04x; expected bits of mask alone, which is 0x%04x", guard->expected,
               guard->mask);
    snprintf(field, sizeof field, "guards[%u].quality", index);
    guard->quality = word(build, field, raw->quality, qualities) == 0 ? SW_QUALITY_SUSPECT : SW_QUALITY_BAD;
    if (raw->readings_count == 0) guard->points = (uint16_t)((1u << build->raw->points_count) - 1);
    for (uint32_t i = 0; i < raw->readings_count; i++) {
        snprintf(field, sizeof field, "guards[%u].readings[%u]", index, i);
        guard->points |= point_bit(build, field, raw->readings[i]);
    }
}

/* ---- the profile ---- */

static void build_line(const struct build *build)
{
    const struct raw_profile_line *raw = build->raw->line;
    struct sw_line_settings *line = &build->file->profile.line;
    *line = (struct sw_line_settings){9600, 'N', 1};
    if (!raw) return;
    line->baud = or_else(raw->baud, 9600);
    line->parity = raw->parity ? (char)(raw->parity[0] - 'a' + 'A') : 'N';
    line->stop_bits = (uint8_t)or_else(raw->stop_bits, 1);
}

/* A device that is not known to be slow or fast answers within its limit. */
static void build_usual_answer(const struct build *build)
{
    const uint32_t *raw = build->raw->usual_answer_ms;
    struct sw_profile *profile = &build->file->profile;
    uint16_t assumed =
        SW_PROFILE_USUAL_ANSWER_MS < profile->timeout_ms ? SW_PROFILE_USUAL_ANSWER_MS : profile->timeout_ms;
    profile->usual_answer_ms = (uint16_t)or_else(raw, assumed);
    if (profile->usual_answer_ms > profile->timeout_ms)
        report(build, "usual_answer_ms", "found %u; expected at most timeout_ms, which is %u", *raw,
               profile->timeout_ms);
}

static void build_identity(const struct build *build)
{
    const struct raw_profile_identity *raw = build->raw->identity;
    if (!raw) return;
    build->file->profile.identity = (struct sw_profile_block){(uint8_t)or_else(raw->function, build->raw->function),
                                                              (uint16_t)raw->address, (uint8_t)raw->count};
    if (raw->address + raw->count > 0x10000)
        report(build, "identity.count", "found %u; expected registers up to 0xffff", raw->count);
}

static void build_reads(const struct build *build)
{
    struct sw_profile *profile = &build->file->profile;
    uint32_t merge_gap = or_else(build->raw->merge_gap, 0);
    size_t count = profile_reads(profile, profile->point_count, merge_gap, build->file->blocks);
    if (count > SW_PROFILE_BLOCKS_MAX) {
        report(build, "points", "take %zu requests; expected at most %d: a greater merge_gap, or fewer points", count,
               SW_PROFILE_BLOCKS_MAX);
        return;
    }
    profile->block_count = (uint8_t)count;
    for (size_t i = 0; i < count; i++)
        profile->register_count = (uint16_t)(profile->register_count + build->file->blocks[i].count);
    if (profile->register_count > SW_PROFILE_REGISTERS_MAX)
        report(build, "points", "take %u registers; expected at most %d: a smaller merge_gap, or fewer points",
               profile->register_count, SW_PROFILE_REGISTERS_MAX);
}

static void build_node_read(const struct build *build, enum profile_use use)
{
    struct sw_profile *profile = &build->file->profile;
    struct sw_profile_block blocks[SW_PROFILE_BLOCKS_MAX];
    uint32_t points = or_else(build->raw->node_points, 0);
    if (use == PROFILE_OWN && points > 0) {
        report(build, "node_points", "found %u; expected 0: a node knows the built-in profiles alone", points);
        return;
    }
    if (points > profile->point_count) {
        report(build, "node_points", "found %u; expected at most %u, as many as there are points", points,
               profile->point_count);
        return;
    }
    if (points == 0) return;
    size_t count = profile_reads(profile, points, or_else(build->raw->merge_gap, 0), blocks);
    if (count != 1)
        report(build, "node_points", "these points take %zu requests; expected one: a greater merge_gap, or fewer",
               count);
    profile->node_block = blocks[0];
    profile->node_point_count = (uint8_t)points;
}

static void check_head(const struct build *build, enum profile_use use)
{
    const struct raw_profile *raw = build->raw;
    static const char schema[] = "stillwater.profile/1";
    if (strcmp(raw->schema, schema) != 0) report(build, "schema", "found %.60s; expected %s", raw->schema, schema);
    const char *base = strrchr(build->problems->file, '/');
    base = base ? base + 1 : build->problems->file;
    size_t length = strlen(base), name = strlen(raw->name);
    if (length != name + 5 || strncmp(base, raw->name, name) != 0)
        report(build, "name", "found %s; expected the file's own name, %.*s", raw->name,
               length > 5 ? (int)length - 5 : 0, base);
    if (use == PROFILE_OWN && raw->id)
        report(build, "id", "found %u; expected none: ids are of built-in profiles", *raw->id);
    if (use == PROFILE_OWN && sw_profile_by_name(raw->name))
        report(build, "name", "%s is a built-in profile; expected another name", raw->name);
    if (use == PROFILE_BUILT_IN && !raw->id) report(build, "id", "key is missing; expected a number of its own");
}

/* False after a problem when a list has more entries than there is room for. */
static bool lists_fit(const struct build *build)
{
    const struct raw_profile *raw = build->raw;
    unsigned before = build->problems->count;
    if (raw->points_count == 0 || raw->points_count > SW_PROFILE_POINTS_MAX)
        report(build, "points", "found %u; expected 1 to %d", raw->points_count, SW_PROFILE_POINTS_MAX);
    if (raw->guards_count > PROFILE_GUARDS_MAX)
        report(build, "guards", "found %u; expected at most %d", raw->guards_count, PROFILE_GUARDS_MAX);
    if (raw->check_count > PROFILE_CHECKS_MAX)
        report(build, "check", "found %u; expected at most %d", raw->check_count, PROFILE_CHECKS_MAX);
    return build->problems->count == before;
}

static void build_head(const struct build *build)
{
    const struct raw_profile *raw = build->raw;
    struct profile_file *file = build->file;
    snprintf(file->name, sizeof file->name, "%s", raw->name);
    snprintf(file->description, sizeof file->description, "%s", raw->description);
    snprintf(file->source, sizeof file->source, "%s", raw->source);
    for (uint32_t i = 0; i < raw->check_count; i++)
        snprintf(file->checks[file->check_count++], sizeof file->checks[0], "%s", raw->check[i]);
    file->profile = (struct sw_profile){.id = (uint16_t)or_else(raw->id, SW_PROFILE_NONE),
                                        .name = file->name,
                                        .description = file->description,
                                        .extra_gap_us = or_else(raw->extra_gap_us, 0),
                                        .timeout_ms = (uint16_t)or_else(raw->timeout_ms, 300),
                                        .blocks = file->blocks,
                                        .points = file->points,
                                        .guards = file->guards,
                                        .point_count = (uint8_t)raw->points_count,
                                        .guard_count = (uint8_t)raw->guards_count};
}

void profile_build(struct profile_file *file, enum profile_use use, const struct raw_profile *raw,
                   struct config_document *document, struct config_problems *problems)
{
    struct build build = {file, raw, document, problems};
    check_head(&build, use);
    if (!lists_fit(&build)) return;
    build_head(&build);
    build_line(&build);
    build_usual_answer(&build);
    build_identity(&build);
    for (uint32_t i = 0; i < raw->points_count; i++)
        build_point(&build, i);
    for (uint32_t i = 0; i < raw->guards_count; i++)
        build_guard(&build, i);
    if (problems->count > 0) return;
    build_reads(&build);
    build_node_read(&build, use);
}
