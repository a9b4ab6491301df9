#include <stdio.h>

#include "reference/pages.h"
#include "stillwater/sensor_profile.h"

static const char *const type_names[] = {"U16", "I16", "U32", "I32", "F32"};
static const char *const order_names[] = {"ABCD", "DCBA", "BADC", "CDAB"};
static const char *const quality_names[] = {"good", "suspect", "bad", "missing"};

static double steps_to_units(const struct sw_profile_point *point)
{
    return (double)sw_reading_kind_info(point->kind)->wire_milli / 1000.0;
}

static void print_points(const struct sw_profile *profile)
{
    const struct sw_profile_point *point;
    puts("| reading | unit | register | type | order | raw value x | range |\n|---|---|---|---|---|---|---|");
    for (size_t i = 0; (point = sw_profile_point(profile, i)) != NULL; i++) {
        const struct sw_reading_kind_info *kind = sw_reading_kind_info(point->kind);
        double step = steps_to_units(point);
        printf("| %s | %s | 0x%04x | %s | %s | %g | %.10g .. %.10g |\n", kind->name, kind->unit, point->at.address,
               type_names[point->type], order_names[point->order], point->scale * step, (double)point->minimum * step,
               (double)point->maximum * step);
    }
    puts("");
}

static void print_guards(const struct sw_profile *profile)
{
    for (size_t i = 0; i < profile->guard_count; i++)
        printf("Unless register 0x%04x & 0x%04x is 0x%04x, every reading of the sample is %s.\n\n",
               profile->guards[i].at.address, profile->guards[i].mask, profile->guards[i].expected,
               quality_names[profile->guards[i].quality]);
}

static void print_block(const struct sw_profile_block *block)
{
    printf("function code %02u, %u register%s from 0x%04x", block->function, block->count, block->count == 1 ? "" : "s",
           block->address);
}

void print_profiles(void)
{
    const struct sw_profile *profile;
    puts("# Sensor profiles\n\n"
         "Made from `include/stillwater/sensor_profile.def` by `stillwater-reference profiles`; do not edit.\n\n"
         "Addresses are 0-based as on the wire. A value outside its range is bad, reason `range`. The first reading of "
         "a\n"
         "profile is the one shown in the slot's status.\n");
    for (size_t i = 0; (profile = sw_profile_at(i)) != NULL; i++) {
        printf("## %s (%u)\n\n%s. %u baud %c%u", profile->name, (unsigned)profile->id, profile->description,
               profile->line.baud, profile->line.parity, profile->line.stop_bits);
        if (profile->extra_gap_us > 0)
            printf(", %u us of silence on top of T3.5 before a request", profile->extra_gap_us);
        printf(", reply begins within %u ms. One request: ", profile->timeout_ms);
        print_block(&profile->blocks[0]);
        puts(".\n");
        print_points(profile);
        print_guards(profile);
    }
}
