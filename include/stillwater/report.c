#include "stillwater/report.h"

#include <stddef.h>
#include <string.h>

static const char *const sources[SW_REPORT_SOURCE_COUNT] = {
#define SW_REPORT_KIND(code, name, text, rule, colour, reach_m, meaning)
#define SW_REPORT_FITS(kind, alert_kind)
#define SW_REPORT_SOURCE(code, name, text) [code] = text,
#include "stillwater/report.def"
#undef SW_REPORT_SOURCE
#undef SW_REPORT_KIND
};

static const struct {
    const char *name;
    enum sw_alert_rule rule;
    enum sw_colour colour;
    double reach_m;
} kinds[SW_REPORT_KIND_COUNT] = {
#define SW_REPORT_SOURCE(code, name, text)
#define SW_REPORT_KIND(code, name, text, rule, colour, reach_m, meaning)                                               \
    [code] = {text, SW_ALERT_RULE_##rule, SW_COLOUR_##colour, reach_m},
#include "stillwater/report.def"
#undef SW_REPORT_KIND
#undef SW_REPORT_FITS
};

static const bool fits[SW_REPORT_KIND_COUNT][SW_ALERT_KIND_COUNT] = {
#define SW_REPORT_KIND(code, name, text, rule, colour, reach_m, meaning)
#define SW_REPORT_FITS(kind, alert_kind) [SW_REPORT_##kind][SW_ALERT_KIND_##alert_kind] = true,
#include "stillwater/report.def"
#undef SW_REPORT_SOURCE
#undef SW_REPORT_KIND
#undef SW_REPORT_FITS
};

const char *sw_report_source_name(enum sw_report_source source)
{
    const char *name = (unsigned)source < SW_REPORT_SOURCE_COUNT ? sources[source] : NULL;
    return name ? name : "unknown";
}

const char *sw_report_kind_name(enum sw_report_kind kind)
{
    const char *name = (unsigned)kind < SW_REPORT_KIND_COUNT ? kinds[kind].name : NULL;
    return name ? name : "unknown";
}

enum sw_report_source sw_report_source_from_name(const char *name)
{
    for (unsigned i = 1; i < SW_REPORT_SOURCE_COUNT; i++)
        if (strcmp(sources[i], name) == 0) return (enum sw_report_source)i;
    return SW_REPORT_SOURCE_NONE;
}

enum sw_report_kind sw_report_kind_from_name(const char *name)
{
    for (unsigned i = 1; i < SW_REPORT_KIND_COUNT; i++)
        if (strcmp(kinds[i].name, name) == 0) return (enum sw_report_kind)i;
    return SW_REPORT_NONE;
}

enum sw_alert_rule sw_report_rule(enum sw_report_kind kind)
{
    return kinds[kind].rule;
}

enum sw_report_kind sw_report_kind_of_rule(enum sw_alert_rule rule)
{
    for (unsigned i = 1; i < SW_REPORT_KIND_COUNT; i++)
        if (rule != SW_ALERT_RULE_NONE && kinds[i].rule == rule) return (enum sw_report_kind)i;
    return SW_REPORT_NONE;
}

enum sw_colour sw_report_colour(enum sw_report_kind kind)
{
    return kinds[kind].colour;
}

double sw_report_reach_m(enum sw_report_kind kind)
{
    return kinds[kind].reach_m;
}

bool sw_report_fits(enum sw_report_kind kind, enum sw_alert_kind alert_kind, enum sw_alert_rule rule)
{
    if (alert_kind == SW_ALERT_KIND_REPORTED)
        return kind == SW_REPORT_ALL_CLEAR || (rule != SW_ALERT_RULE_NONE && kinds[kind].rule == rule);
    return fits[kind][alert_kind];
}
