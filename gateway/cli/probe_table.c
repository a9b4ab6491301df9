#include "cli/probe_table.h"

#include <math.h>
#include <string.h>

#include "stillwater/reading.h"

/* One way to read a value out of the registers. */
struct candidate {
    uint16_t at; /* index of its first register */
    enum probe_type type;
    enum sw_byte_order order;
};

enum mark { MARK_NONE, MARK_PLAUSIBLE, MARK_MOVED, MARK_SHOWN };

static const char *mark_text(enum mark mark)
{
    static const char *const texts[] = {" ", "*", "~", "="};
    return texts[mark];
}

static bool fits(const struct probe_result *result, const struct candidate *candidate)
{
    return candidate->at + probe_type_size(candidate->type) <= result->ask.count &&
           probe_has_order(candidate->type, candidate->order);
}

static double value_of(const struct candidate *candidate, const uint16_t *registers)
{
    return probe_value(candidate->type, candidate->order, registers + candidate->at);
}

/* The first number on the display that this is. */
static const struct probe_wanted *shown_as(const struct probe_result *result, const struct candidate *candidate,
                                           double *scale)
{
    double value = value_of(candidate, result->registers);
    for (size_t i = 0; i < result->wanted_count; i++)
        if (probe_is_shown(&result->wanted[i].shown, value, scale)) return &result->wanted[i];
    return NULL;
}

/* That 16 bits move says something; that 32 do, only when they look like a value. */
static bool has_moved(const struct probe_result *result, const struct candidate *candidate, bool plausible)
{
    if (!result->before) return false;
    bool moved = probe_has_moved(value_of(candidate, result->before), value_of(candidate, result->registers));
    return moved && (plausible || candidate->type == PROBE_U16);
}

static enum mark mark_of(const struct probe_result *result, const struct candidate *candidate)
{
    double scale;
    bool plausible = probe_is_plausible(candidate->type, candidate->order, result->registers + candidate->at);
    if (shown_as(result, candidate, &scale)) return MARK_SHOWN;
    if (has_moved(result, candidate, plausible)) return MARK_MOVED;
    return plausible ? MARK_PLAUSIBLE : MARK_NONE;
}

/* ---- the table ---- */

static void print_value(const struct probe_result *result, const struct candidate *candidate, int width, FILE *to)
{
    char text[48];
    if (!fits(result, candidate)) {
        fprintf(to, " %*s ", width, "");
        return;
    }
    double value = value_of(candidate, result->registers);
    bool real = candidate->type == PROBE_F32 || candidate->type == PROBE_F64;
    bool no_digits = isnan(value) && !real;
    snprintf(text, sizeof text, real ? "%.7g" : "%.0f", value);
    fprintf(to, " %*s%s", width, no_digits ? "-" : text, mark_text(mark_of(result, candidate)));
}

/* The same digits with the point one, two and three places further left. */
static void print_decimals(const struct probe_result *result, uint16_t at, FILE *to)
{
    double value = (double)(int16_t)result->registers[at];
    fprintf(to, " %9.1f %9.2f %9.3f", value / 10, value / 100, value / 1000);
}

static void print_text(const struct probe_result *result, uint16_t at, FILE *to)
{
    size_t left = (size_t)(result->ask.count - at);
    char high[33], low[33];
    size_t longest = probe_text(result->registers + at, left, false, high, sizeof high);
    if (longest >= 4) fprintf(to, "  \"%s\"", high);
    longest = probe_text(result->registers + at, left, true, low, sizeof low);
    if (longest >= 4) fprintf(to, "  \"%s\" (bytes turned)", low);
}

static void print_narrow(const struct probe_result *result, uint16_t at, FILE *to)
{
    unsigned address = (unsigned)result->ask.address + at;
    uint16_t raw = result->registers[at];
    fprintf(to, "%5u 0x%04x  0x%04x", address, address, raw);
    print_value(result, &(struct candidate){at, PROBE_U16, SW_ORDER_ABCD}, 6, to);
    print_value(result, &(struct candidate){at, PROBE_I16, SW_ORDER_ABCD}, 6, to);
    print_decimals(result, at, to);
    print_value(result, &(struct candidate){at, PROBE_U16, SW_ORDER_BADC}, 6, to);
    print_value(result, &(struct candidate){at, PROBE_I16, SW_ORDER_BADC}, 6, to);
    print_value(result, &(struct candidate){at, PROBE_BCD16, SW_ORDER_ABCD}, 5, to);
    print_text(result, at, to);
    if (result->before && result->before[at] != raw) fprintf(to, "  was %u", result->before[at]);
    fputc('\n', to);
}

static void print_wide(const struct probe_result *result, uint16_t at, FILE *to)
{
    static const struct {
        enum probe_type type;
        int width;
    } columns[] = {{PROBE_U32, 10}, {PROBE_I32, 11}, {PROBE_F32, 13}, {PROBE_BCD32, 9},
                   {PROBE_U64, 20}, {PROBE_I64, 20}, {PROBE_F64, 13}};
    if (at + 2 > result->ask.count || (result->registers[at] == 0 && result->registers[at + 1] == 0)) return;
    for (int order = 0; order < PROBE_ORDERS; order++) {
        fprintf(to, "       %s", probe_order_name((enum sw_byte_order)order));
        for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
            print_value(result, &(struct candidate){at, columns[i].type, (enum sw_byte_order)order}, columns[i].width,
                        to);
        fputc('\n', to);
    }
}

void probe_table_print(const struct probe_result *result, FILE *to)
{
    fprintf(to, "%5s %6s  %6s %6s  %6s  %9s %9s %9s %6s  %6s  %5s  text\n", "addr", "", "hex", "U16", "I16", "/10",
            "/100", "/1000", "U16<>", "I16<>", "BCD");
    fprintf(to, "      order %10s  %11s  %13s  %9s  %20s  %20s  %13s\n", "U32", "I32", "F32", "BCD", "U64", "I64",
            "F64");
    for (uint16_t at = 0; at < result->ask.count; at++) {
        print_narrow(result, at, to);
        print_wide(result, at, to);
    }
    fprintf(to,
            "marks: %s* looks like something measured%s; <> bytes turned (BADC); two registers of 0 are left "
            "out\n",
            result->wanted_count > 0 ? "= the number shown, " : "",
            result->before ? ", ~ has moved as something measured does" : "");
}

/* ---- the profile ---- */

/* The types a profile knows. */
static const enum probe_type known_types[] = {PROBE_F32, PROBE_U32, PROBE_I32, PROBE_U16, PROBE_I16};

#define KNOWN_TYPES (sizeof known_types / sizeof known_types[0])

/* Points found so far: registers that are taken, and numbers of the display that have their register. */
struct points {
    bool taken[PROBE_REGISTERS_MAX];
    bool told[PROBE_SHOWN_MAX];
    bool unnamed; /* one of them is left to be named */
    size_t count;
};

static bool is_free(const struct points *points, const struct candidate *candidate)
{
    for (unsigned i = 0; i < probe_type_size(candidate->type); i++)
        if (points->taken[candidate->at + i]) return false;
    return true;
}

/* A range to begin with: a power of ten that leaves room for more of the same. */
static void print_range(double value, FILE *to)
{
    double most = 10;
    while (most < 10 * fabs(value))
        most *= 10;
    fprintf(to, "minimum: %.0f, maximum: %.0f}", value < 0 ? -most : 0, most);
}

static void print_point(const struct probe_result *result, const struct candidate *candidate,
                        const struct probe_wanted *wanted, double scale, FILE *to)
{
    double value = value_of(candidate, result->registers) * scale;
    const char *reading = wanted && wanted->reading ? wanted->reading : "which_reading";
    fprintf(to, "  - {reading: %s, address: 0x%04x, type: %s", reading, (unsigned)result->ask.address + candidate->at,
            probe_type_name(candidate->type));
    if (candidate->order != SW_ORDER_ABCD) fprintf(to, ", order: %s", probe_order_name(candidate->order));
    if (scale < 0.999 || scale > 1.001) fprintf(to, ", scale: %.15g", scale);
    fputs(", ", to);
    print_range(value, to);
    fprintf(to, " # %.7g when probed\n", value);
}

static void take(struct points *points, const struct candidate *candidate)
{
    for (unsigned i = 0; i < probe_type_size(candidate->type); i++)
        points->taken[candidate->at + i] = true;
    points->count++;
}

/* Positive, a signed number is the unsigned one again. */
static bool is_repeated(const struct probe_result *result, const struct candidate *candidate)
{
    bool has_sign = candidate->type == PROBE_I16 || candidate->type == PROBE_I32;
    return has_sign && value_of(candidate, result->registers) >= 0;
}

/* One pass over all registers for what has this mark. A number that is shown is told once, and again behind a '#' where
 * other registers say the same. */
static void print_marked(const struct probe_result *result, struct points *points, enum mark mark, FILE *to)
{
    for (uint16_t at = 0; at < result->ask.count; at++)
        for (size_t t = 0; t < KNOWN_TYPES; t++)
            for (int order = 0; order < PROBE_ORDERS; order++) {
                struct candidate candidate = {at, known_types[t], (enum sw_byte_order)order};
                double scale = 1;
                if (!fits(result, &candidate) || mark_of(result, &candidate) != mark) continue;
                const struct probe_wanted *wanted = shown_as(result, &candidate, &scale);
                bool again = wanted && points->told[wanted - result->wanted];
                if (is_repeated(result, &candidate)) continue;
                if (!again && (!is_free(points, &candidate) || points->count == SW_PROFILE_POINTS_MAX)) continue;
                if (again) fputs("  # or", to);
                print_point(result, &candidate, wanted, scale, to);
                if (again) continue;
                if (wanted) points->told[wanted - result->wanted] = true;
                if (!wanted || !wanted->reading) points->unnamed = true;
                take(points, &candidate);
            }
}

static void print_readings(FILE *to)
{
    const struct sw_reading_kind_info *kind;
    fputs("# which_reading is one of:", to);
    for (unsigned code = 1; (kind = sw_reading_kind_info((enum sw_reading_kind)code)) != NULL; code++)
        fprintf(to, " %s", kind->name);
    fputc('\n', to);
}

static const char *parity_name(char parity)
{
    return parity == 'E' ? "even" : parity == 'O' ? "odd" : "none";
}

void probe_profile_print(const struct probe_result *result, FILE *to)
{
    const struct sw_line_settings *line = &result->way->settings;
    struct points points = {.count = 0};
    fputs("schema: stillwater.profile/1\nname: my-device\ndescription: what it is, its maker and type\n"
          "source: stillwater probe, and the maker's manual\n",
          to);
    fprintf(to, "line: {baud: %lu, parity: %s, stop_bits: %u}%s\n", (unsigned long)line->baud,
            parity_name(line->parity), line->stop_bits,
            result->way->transport == PROBE_SERIAL ? "" : " # not seen over TCP");
    fprintf(to, "timeout_ms: %lu\nfunction: %u\npoints:\n", (unsigned long)result->timeout_ms, result->ask.function);
    print_marked(result, &points, MARK_SHOWN, to);
    print_marked(result, &points, MARK_MOVED, to);
    if (result->wanted_count == 0) print_marked(result, &points, MARK_PLAUSIBLE, to);
    if (points.count == 0) fputs("  # nothing here looks like something measured\n", to);
    if (points.unnamed) print_readings(to);
}
