/* A farm of Modbus TCP devices and the subscriber that hears of them, in one process, so that both go by one clock.
 *
 *   bench_farm --devices N [--points 10] [--units 1] [--threads 1] [--silent 0] [--silent-unit 0] [--delay-us 0]
 *              [--silence-us 0] [--broker PORT --topics LIST]
 *
 * Says "port P", then takes lines from its standard input:
 *   begin [INTERVAL_MS]  a new window; with an interval, polls that do not come in time are counted as missed
 *   end                  one line of JSON about the window
 *   pause, resume        the subscriber stops reading and goes on
 *   drive SECONDS        asks its own devices, flat out
 * and ends with its input. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "farm/devices.h"
#include "farm/drive.h"
#include "farm/subscriber.h"

struct farm {
    struct devices_plan plan;
    struct board board;
    uint32_t devices, points;
    uint16_t port, broker;
    const char *topics;
    struct subscriber *subscriber;
};

static uint32_t number(const char *text)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || *end || end == text || value > 1000000) {
        fprintf(stderr, "farm: not a number in range: %s\n", text);
        exit(2);
    }
    return (uint32_t)value;
}

static void read_options(struct farm *farm, int argc, char **argv)
{
    struct devices_plan *plan = &farm->plan;
    const struct {
        const char *name;
        uint32_t *value;
    } numbers[] = {{"devices", &farm->devices},   {"points", &farm->points},        {"units", &plan->units},
                   {"threads", &plan->threads},   {"silent", &plan->silent},        {"silent-unit", &plan->silent_unit},
                   {"delay-us", &plan->delay_us}, {"silence-us", &plan->silence_us}};
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        bool known = false;
        for (size_t n = 0; n < sizeof numbers / sizeof numbers[0] && !known; n++)
            if (strncmp(argv[i], "--", 2) == 0 && strcmp(argv[i] + 2, numbers[n].name) == 0) {
                *numbers[n].value = number(value);
                known = true;
            }
        if (strcmp(argv[i], "--broker") == 0)
            farm->broker = (uint16_t)number(value);
        else if (strcmp(argv[i], "--topics") == 0)
            farm->topics = value;
        else if (!known) {
            fprintf(stderr, "farm: unknown option %s\n", argv[i]);
            exit(2);
        }
    }
    if (farm->devices == 0 || plan->units == 0 || plan->threads == 0 || farm->devices % plan->units != 0) {
        fputs("farm: --devices is needed, a multiple of --units\n", stderr);
        exit(2);
    }
}

static void command(struct farm *farm, char *line)
{
    char *word = strtok(line, " \n"), *value = strtok(NULL, " \n");
    if (!word) return;
    if (strcmp(word, "begin") == 0) {
        atomic_store(&farm->board.interval_us, value ? (int64_t)number(value) * 1000 : 0);
        board_reset(&farm->board);
    } else if (strcmp(word, "end") == 0) {
        board_print(&farm->board);
    } else if (strcmp(word, "drive") == 0 && value) {
        if (!drive(farm->port, farm->devices / farm->plan.units, farm->plan.threads, number(value)))
            fputs("farm: the drive failed\n", stderr);
        board_print(&farm->board);
    } else if (farm->subscriber && (strcmp(word, "pause") == 0 || strcmp(word, "resume") == 0)) {
        subscriber_pause(farm->subscriber, *word == 'p');
    } else {
        fprintf(stderr, "farm: unknown command %s\n", word);
    }
}

int main(int argc, char **argv)
{
    struct farm farm = {.points = 10, .plan = {.units = 1, .threads = 1}};
    struct rlimit files;
    char line[128];
    read_options(&farm, argc, argv);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (!board_init(&farm.board, farm.devices, farm.points)) {
        fputs("farm: no memory\n", stderr);
        return 1;
    }
    if (farm.broker > 0 && !(farm.subscriber = subscriber_start(farm.broker, farm.topics, &farm.board))) {
        fprintf(stderr, "farm: no broker on port %u\n", farm.broker);
        return 1;
    }
    farm.port = devices_start(&farm.plan, &farm.board);
    if (farm.port == 0) {
        perror("farm");
        return 1;
    }
    printf("port %u\n", farm.port);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin))
        command(&farm, line);
    return 0;
}
