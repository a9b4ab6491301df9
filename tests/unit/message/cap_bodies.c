/* Writes CAP messages for check_cap.py, one a line:
 *   <JSON body> TAB <how many earlier revisions> TAB <CAP> */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/message.h"
#include "stillwater/error.h"

#define T0 INT64_C(1795245240000)

static void print_cap(const struct sw_alert *alert, const struct message_alert_about *about, size_t count)
{
    struct message_cap_earlier earlier[MESSAGE_CAP_EARLIER_MAX];
    for (size_t i = 0; i < count; i++)
        earlier[i] = (struct message_cap_earlier){alert->revision - 1 - (uint32_t)i,
                                                  {alert->updated_at.ms - 60000 * (int64_t)(i + 1)}};
    char *body = message_alert_encode(alert, about), *cap = NULL;
    if (!body || message_cap_encode(body, earlier, count, &cap) != SW_OK) exit(1);
    (void)printf("%s\t%zu\t%s\n", body, count, cap ? cap : "");
    free(body);
    free(cap);
}

int main(void)
{
    static const size_t counts[] = {0, 1, 2, MESSAGE_CAP_EARLIER_MAX};
    static const struct config_place places[] = {
        {.known = true, .latitude = 31.2304, .longitude = -121.4737, .grid = "northport/east/mill-lane/c7"},
        {.known = true, .latitude = -31, .longitude = 0, .grid = "a & b/<c>\xef\xbf\xbe"},
        {.known = true, .latitude = 90, .longitude = -180, .grid = ""},
        {.known = false},
    };
    for (int number = 0; number < 4 * (SW_ALERT_KIND_COUNT - 1) * (SW_ALERT_STATE_COUNT - 1); number++) {
        struct sw_alert alert = {.kind = (enum sw_alert_kind)(1 + number % (SW_ALERT_KIND_COUNT - 1)),
                                 .drill = number % 5 == 0,
                                 .colour = (enum sw_colour)(number % SW_COLOUR_COUNT),
                                 .onset.ms = T0,
                                 .raised_at.ms = T0 + 1,
                                 .updated_at.ms = T0 + 61123 * number,
                                 .actor = "officer-12",
                                 .note = "told <by> Jane & co",
                                 .evidence = {.rule = SW_ALERT_RULE_HABIT, .coverage_permille = number % 1001}};
        size_t count = counts[number % 4];
        alert.revision = (uint32_t)count + 1;
        alert.state = (enum sw_alert_state)(1 + number / (SW_ALERT_KIND_COUNT - 1) % (SW_ALERT_STATE_COUNT - 1));
        (void)snprintf(alert.subject, sizeof alert.subject, "subject-%d_x.y", number);
        (void)snprintf(alert.id, sizeof alert.id, "gw-1.%s.%s.20261122T034000000Z%s", sw_alert_kind_name(alert.kind),
                       alert.subject, alert.drill ? ".drill" : "");
        print_cap(
            &alert,
            &(struct message_alert_about){.city = "northport", .gateway = "gw-1", .place = &places[number / 4 % 4]},
            count);
    }
    return 0;
}
