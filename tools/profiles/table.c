#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiles/profiles.h"

static const char *const types[] = {"U16", "I16", "U32", "I32", "F32"};
static const char *const orders[] = {"ABCD", "DCBA", "BADC", "CDAB"};
static const char *const qualities[] = {"GOOD", "SUSPECT", "BAD", "MISSING"};

static const char *const kinds[] = {
#define SW_READING_KIND(code, name, text, unit, wire_milli, counter) [code] = #name,
#include "stillwater/reading.def"
#undef SW_READING_KIND
};

/* The fewest digits that are this number again. */
static const char *number(double value, char text[32])
{
    if (value == round(value) && fabs(value) < 1e9) {
        snprintf(text, 32, "%.0f", value);
        return text;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    return text;
}

/* "geolux-lx80" is GEOLUX_LX80 in the code; our own maps go without our name. */
static void print_name(const char *name)
{
    static const char own[] = "stillwater-";
    if (strncmp(name, own, sizeof own - 1) == 0) name += sizeof own - 1;
    for (; *name; name++)
        putchar(isalnum((unsigned char)*name) ? toupper((unsigned char)*name) : '_');
}

static void print_text(const char *member, const char *text)
{
    printf("           .%s = \"", member);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') putchar('\\');
        putchar(*text);
    }
    puts("\",");
}

static void print_block(const char *member, const struct sw_profile_block *block)
{
    if (block->count > 0)
        printf("           .%s = {%u, 0x%04x, %u},\n", member, block->function, block->address, block->count);
}

static void print_register(const char *member, const struct sw_profile_register *at)
{
    if (at->function) printf(", .%s = {%u, 0x%04x}", member, at->function, at->address);
}

static void print_number(const char *member, double value)
{
    char text[32];
    if (value != 0) printf(", .%s = %s", member, number(value, text));
}

static void print_lists(const struct sw_profile_point *point)
{
    char text[32];
    if (point->unit_count > 0) printf(",\n                .units = SW_LIST(sw_profile_unit");
    for (size_t i = 0; i < point->unit_count; i++)
        printf(", {%u, %s}", point->units[i].code, number(point->units[i].factor, text));
    if (point->unit_count > 0) printf("), .unit_count = %u", point->unit_count);
    if (point->code_count > 0) printf(",\n                .codes = SW_LIST(sw_profile_code");
    for (size_t i = 0; i < point->code_count; i++)
        printf(", {0x%04x, %d}", point->codes[i].raw, point->codes[i].value);
    if (point->code_count > 0) printf("), .code_count = %u", point->code_count);
}

static void print_point(const struct sw_profile_point *point)
{
    printf("               {.kind = SW_READING_%s, .at = {%u, 0x%04x}, .type = SW_TYPE_%s, .order = SW_ORDER_%s",
           kinds[point->kind], point->at.function, point->at.address, types[point->type], orders[point->order]);
    if (point->mask) printf(", .mask = 0x%04x", point->mask);
    if (point->has_no_reading) printf(", .has_no_reading = true, .no_reading = 0x%x", point->no_reading);
    if (point->code_count == 0) {
        printf(",\n                .minimum = %d, .maximum = %d", point->minimum, point->maximum);
        print_number("scale", point->scale);
    }
    print_number("offset", point->offset);
    print_register("fraction", &point->fraction);
    print_register("decimals", &point->decimals);
    print_register("unit", &point->unit);
    print_lists(point);
    putchar('}');
}

static void print_guard(const struct sw_profile_guard *guard)
{
    printf("               {{%u, 0x%04x}, 0x%04x, 0x%04x, SW_QUALITY_%s, 0x%04x}", guard->at.function,
           guard->at.address, guard->mask, guard->expected, qualities[guard->quality], guard->points);
}

static void print_profile(const struct sw_profile *profile)
{
    printf("SW_PROFILE(%u, ", profile->id);
    print_name(profile->name);
    puts(",");
    print_text("name", profile->name);
    print_text("description", profile->description);
    printf("           .line = {%u, '%c', %u}, .extra_gap_us = %u, .timeout_ms = %u,\n", profile->line.baud,
           profile->line.parity, profile->line.stop_bits, profile->extra_gap_us, profile->timeout_ms);
    printf("           .usual_answer_ms = %u,\n", profile->usual_answer_ms);
    print_block("identity", &profile->identity);
    print_block("node_block", &profile->node_block);
    if (profile->node_point_count > 0) printf("           .node_point_count = %u,\n", profile->node_point_count);
    printf("           .blocks = SW_LIST(sw_profile_block");
    for (size_t i = 0; i < profile->block_count; i++)
        printf(", {%u, 0x%04x, %u}", profile->blocks[i].function, profile->blocks[i].address, profile->blocks[i].count);
    printf("),\n           .block_count = %u, .register_count = %u,\n", profile->block_count, profile->register_count);
    printf("           .points = SW_LIST(sw_profile_point");
    for (size_t i = 0; i < profile->point_count; i++) {
        puts(",");
        print_point(&profile->points[i]);
    }
    printf("),\n           .point_count = %u", profile->point_count);
    if (profile->guard_count > 0) printf(",\n           .guards = SW_LIST(sw_profile_guard");
    for (size_t i = 0; i < profile->guard_count; i++) {
        puts(",");
        print_guard(&profile->guards[i]);
    }
    if (profile->guard_count > 0) printf("),\n           .guard_count = %u", profile->guard_count);
    puts(")");
}

void print_table(const struct profile_folder *folder)
{
    puts("/* Made from profiles/ by `stillwater-profiles table`; do not edit.\n"
         " *\n"
         " * SW_PROFILE(id, NAME, members of struct sw_profile)\n"
         " * SW_LIST(struct, entries): an array of them */");
    for (size_t i = 0; i < folder->count; i++) {
        puts("");
        print_profile(&folder->files[i]->profile);
    }
}
