/* Writes what Home Assistant is told, for check_discovery.py: <topic> TAB <body>, and for each home two states. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/message.h"

static void print_line(const char *topic, char *body)
{
    if (!body) exit(1);
    (void)printf("%s\t%s\n", topic, body);
    free(body);
}

static void print_home(const char *city, const char *gateway, const char *subject)
{
    char topic[MESSAGE_DISCOVERY_TOPIC_SIZE], state_topic[SW_TOPIC_SIZE];
    char name[SW_ID_SIZE];
    message_discovery_topic("homeassistant", city, gateway, subject, topic);
    if (!message_discovery_subject(topic, name) || strcmp(name, subject) != 0) exit(1);
    print_line(topic, message_discovery_encode(city, gateway, subject));
    (void)snprintf(state_topic, sizeof state_topic, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_HOME "/%s", city, gateway,
                   subject);
    struct message_home home = {.city = city,
                                .gateway = gateway,
                                .subject = subject,
                                .time.ms = INT64_C(1795245240000),
                                .state = MESSAGE_HOME_NO_USE,
                                .colour = SW_COLOUR_ORANGE,
                                .kind_count = 1,
                                .kinds = {SW_ALERT_KIND_NO_USE},
                                .last_use.ms = INT64_C(1795245240000),
                                .coverage_permille = 987};
    print_line(state_topic, message_home_encode(&home));
    home = (struct message_home){.city = city, .gateway = gateway, .subject = subject, .drill = true};
    home.coverage_permille = -1;
    print_line(state_topic, message_home_encode(&home));
}

int main(void)
{
    static const char long_id[] = "a23456789.123456789_123456789-123456789.123456789_123456789-123";
    print_home("northport", "gw-1", "home-4f21");
    print_home("north.port", "gw_1", "home.4f21");
    print_home("north.port", "gw_1", "home_4f21");
    print_home("north.port", "gw_1", "home_d4f21");
    print_home(long_id, long_id, long_id);
    return 0;
}
