/* Vocabulary of what people report (report.def), as enums and look-ups. No I/O, no state. */
#ifndef STILLWATER_REPORT_H
#define STILLWATER_REPORT_H

#include "stillwater/alert.h"

#define SW_REPORT_KIND(code, name, text, rule, colour, reach_m, meaning)
#define SW_REPORT_FITS(kind, alert_kind)
#define SW_REPORT_SOURCE(code, name, text) SW_REPORT_SOURCE_##name = (code),
enum sw_report_source {
    SW_REPORT_SOURCE_NONE = 0,
#include "stillwater/report.def"
    SW_REPORT_SOURCE_COUNT
};
#undef SW_REPORT_SOURCE
#undef SW_REPORT_KIND

#define SW_REPORT_SOURCE(code, name, text)
#define SW_REPORT_KIND(code, name, text, rule, colour, reach_m, meaning) SW_REPORT_##name = (code),
enum sw_report_kind {
    SW_REPORT_NONE = 0,
#include "stillwater/report.def"
    SW_REPORT_KIND_COUNT
};
#undef SW_REPORT_SOURCE
#undef SW_REPORT_KIND
#undef SW_REPORT_FITS

/* Names as in JSON; "unknown" for a code that is not in the table. Static storage. */
const char *sw_report_source_name(enum sw_report_source source);
const char *sw_report_kind_name(enum sw_report_kind kind);
/* The other way; the ..._NONE value when no entry has this name. */
enum sw_report_source sw_report_source_from_name(const char *name);
enum sw_report_kind sw_report_kind_from_name(const char *name);

/* Of the alert that such reports open; NONE for one that opens none. */
enum sw_alert_rule sw_report_rule(enum sw_report_kind kind);
/* The kind whose rule this is; NONE for a rule of no report. */
enum sw_report_kind sw_report_kind_of_rule(enum sw_alert_rule rule);
/* Once others agree. */
enum sw_colour sw_report_colour(enum sw_report_kind kind);
double sw_report_reach_m(enum sw_report_kind kind);

/* Whether the report may be about such an alert: a sensor's, or one that a report of this kind has opened. */
bool sw_report_fits(enum sw_report_kind kind, enum sw_alert_kind alert_kind, enum sw_alert_rule rule);

#endif
