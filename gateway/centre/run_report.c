#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "centre/run.h"
#include "stillwater/error.h"

/* To all gateways of the city: whose it is they know. */
int run_report(const struct options *options, const volatile sig_atomic_t *stop)
{
    char topic[SW_TOPIC_SIZE], token[CONNECTION_CORRELATION_SIZE];
    struct options sent = *options;
    struct message_report *report = &sent.report;
    const char *who = options->portal ? options->portal : report->by;
    random_token(token);
    if (report->id[0] == '\0') (void)snprintf(report->id, sizeof report->id, "%s", token);
    report->time = sw_wall_from_ms((int64_t)time(NULL) * 1000);
    (void)snprintf(topic, sizeof topic, SW_TOPIC_ROOT "/%s/" SW_TOPIC_REPORT "/%s/%s", options->city,
                   sw_report_source_name(report->source), who);
    char *body = message_report_encode(report);
    int status = body ? run_request(&sent, "report", topic, body, stop) : EXIT_NO_ANSWER;
    free(body);
    return status;
}
