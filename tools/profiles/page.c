#include <stdio.h>

#include "profiles/profiles.h"

static const char *const types[] = {"U16", "I16", "U32", "I32", "F32"};
static const char *const orders[] = {"ABCD", "DCBA", "BADC", "CDAB"};
static const char *const qualities[] = {"good", "suspect", "bad", "missing"};

static double unit_of(const struct sw_profile_point *point)
{
    return (double)sw_reading_kind_info(point->kind)->wire_milli / 1000.0;
}

static void print_value(const struct sw_profile *profile, const struct sw_profile_point *point)
{
    double step = unit_of(point);
    if (point->at.function != profile->blocks[0].function) printf("function code %02u; ", point->at.function);
    if (point->mask) printf("bits 0x%04x; ", point->mask);
    if (point->has_no_reading) printf("0x%x: no reading; ", point->no_reading);
    for (size_t i = 0; i < point->code_count; i++)
        printf("%s0x%04x: %.10g", i ? ", " : "", point->codes[i].raw, point->codes[i].value * step);
    if (point->code_count > 0) return;
    printf("x %.10g", point->scale * step);
    if (point->offset != 0) printf(" + %.10g", point->offset * step);
    if (point->fraction.function) printf("; plus the F32 in 0x%04x", point->fraction.address);
    if (point->decimals.function) printf("; decimals in 0x%04x", point->decimals.address);
    if (point->unit.function) printf("; by the unit in 0x%04x:", point->unit.address);
    for (size_t i = 0; i < point->unit_count; i++)
        printf("%s %u x %.10g", i ? "," : "", point->units[i].code, point->units[i].factor);
}

static void print_points(const struct sw_profile *profile)
{
    puts("| reading | unit | register | type | order | value | range | node |\n|---|---|---|---|---|---|---|---|");
    for (size_t i = 0; i < profile->point_count; i++) {
        const struct sw_profile_point *point = &profile->points[i];
        const struct sw_reading_kind_info *kind = sw_reading_kind_info(point->kind);
        printf("| %s | %s | 0x%04x | %s | %s | ", kind->name, kind->unit, point->at.address, types[point->type],
               orders[point->order]);
        print_value(profile, point);
        if (point->code_count > 0)
            printf(" | ");
        else
            printf(" | %.10g .. %.10g", point->minimum * unit_of(point), point->maximum * unit_of(point));
        printf(" | %s |\n", i < profile->node_point_count ? "yes" : "");
    }
    puts("");
}

static void print_guards(const struct sw_profile *profile)
{
    for (size_t i = 0; i < profile->guard_count; i++) {
        const struct sw_profile_guard *guard = &profile->guards[i];
        printf("Unless register 0x%04x & 0x%04x is 0x%04x, ", guard->at.address, guard->mask, guard->expected);
        if (guard->points == (1u << profile->point_count) - 1)
            printf("every reading of the sample");
        else
            for (size_t p = 0, listed = 0; p < profile->point_count; p++)
                if (guard->points >> p & 1u)
                    printf("%s%s", listed++ ? ", " : "", sw_reading_kind_info(profile->points[p].kind)->name);
        printf(" is %s.\n\n", qualities[guard->quality]);
    }
}

static void print_block(const struct sw_profile_block *block)
{
    printf("function code %02u, %u register%s from 0x%04x", block->function, block->count, block->count == 1 ? "" : "s",
           block->address);
}

static void print_reads(const struct sw_profile *profile)
{
    printf(" %s: ", profile->block_count == 1 ? "One request" : "Requests");
    for (size_t i = 0; i < profile->block_count; i++) {
        if (i > 0) printf("; ");
        print_block(&profile->blocks[i]);
    }
    printf(".");
    if (profile->node_point_count > 0) {
        printf(" A node asks for ");
        print_block(&profile->node_block);
        printf(".");
    }
    if (profile->identity.count > 0) {
        printf(" The device is known by ");
        print_block(&profile->identity);
        printf(".");
    }
    puts("\n");
}

static void print_profile(const struct profile_file *file)
{
    const struct sw_profile *profile = &file->profile;
    printf("## %s (%u)\n\n%s. %u baud %c%u", profile->name, (unsigned)profile->id, profile->description,
           profile->line.baud, profile->line.parity, profile->line.stop_bits);
    if (profile->extra_gap_us > 0) printf(", %u us of silence on top of T3.5 before a request", profile->extra_gap_us);
    printf(", reply begins within %u ms", profile->timeout_ms);
    if (profile->usual_answer_ms != SW_PROFILE_USUAL_ANSWER_MS)
        printf(", as a rule after %u ms", profile->usual_answer_ms);
    printf(".");
    print_reads(profile);
    print_points(profile);
    print_guards(profile);
    printf("Source: %s.\n\n", file->source);
    if (file->check_count == 0) return;
    puts("To be checked on the unit in hand:\n");
    for (size_t i = 0; i < file->check_count; i++)
        printf("- %s\n", file->checks[i]);
    puts("");
}

void print_page(const struct profile_folder *folder)
{
    puts("# Sensor profiles\n\n"
         "Made from [profiles/](../profiles/) by `stillwater-profiles page`; do not edit. How to write one:\n"
         "[profile-author.md](profile-author.md).\n\n"
         "Addresses are 0-based as on the wire. A value outside its range is bad, reason `range`. The first reading of "
         "a\n"
         "profile is the one shown in the status of a node's slot; a node records those marked so, a gateway on its "
         "own\n"
         "line all of them.\n");
    for (size_t i = 0; i < folder->count; i++)
        print_profile(folder->files[i]);
}
