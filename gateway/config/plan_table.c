#include "config/plan_table.h"

#include "config/line_timing.h"

#define PPM 1000000

static double ms(int64_t us)
{
    return (double)us / 1000;
}

static double seconds(int64_t us)
{
    return (double)us / 1000000;
}

static void print_settings(const struct sw_line_settings *settings, FILE *to)
{
    fprintf(
        to,
        "%lu baud 8%c%u: a character takes %.3f ms, silence between frames %.2f ms, the gateway %.0f ms an exchange",
        (unsigned long)settings->baud, settings->parity, settings->stop_bits, (double)poll_character_ns(settings) / 1e6,
        ms(poll_silence_us(settings)), ms(POLL_HOST_US));
}

static void print_way(const struct config_line *line, FILE *to)
{
    switch (line->transport) {
    case CONFIG_RTU:
        fprintf(to, "%s, ", line->port);
        break;
    case CONFIG_TCP:
        fprintf(to, "Modbus TCP to %s port %u, %u at once, there and back %u ms, the gateway %.0f ms an exchange\n",
                line->host, line->tcp_port, line->outstanding, line->trip_ms, ms(POLL_HOST_US));
        return;
    case CONFIG_RTU_OVER_TCP:
        fprintf(to, "RTU over TCP to %s port %u, there and back %u ms, ", line->host, line->tcp_port, line->trip_ms);
        break;
    case CONFIG_RTU_OVER_TCP_LISTEN:
        fprintf(to, "RTU over TCP dialled in at port %u, there and back %u ms, ", line->tcp_port, line->trip_ms);
        break;
    }
    print_settings(&line->settings, to);
    fputc('\n', to);
}

static void print_head(FILE *to)
{
    fprintf(to, "  %4s %-16.16s %-18.18s %5s %8s %16s %15s %16s %8s %9s %8s %9s %7s\n", "unit", "id", "asked for",
            "reads", "silence", "request", "answer after", "reply", "usual", "longest", "silent", "every", "share");
}

static void print_unit(unsigned unit_id, const char *id, const char *what, const struct unit_timing *unit, FILE *to)
{
    const struct exchange_time *poll = &unit->poll;
    char request[24], answer[24], reply[24];
    snprintf(request, sizeof request, "%lu B %.1f ms", (unsigned long)poll->request_bytes, ms(poll->request_us));
    snprintf(reply, sizeof reply, "%lu B %.1f ms", (unsigned long)poll->reply_bytes, ms(poll->reply_us));
    snprintf(answer, sizeof answer, "%.0f to %.0f ms", ms(poll->usual_answer_us), ms(poll->longest_answer_us));
    fprintf(to, "  %4u %-16.16s %-18.18s %5lu %5.1f ms %16s %15s %16s %5.1f ms %6.1f ms %5.0f ms %7.2f s %5.2f %%\n",
            unit_id, id, what, (unsigned long)poll->exchanges, ms(poll->gap_us), request, answer, reply,
            ms(poll->usual_us), ms(poll->longest_us), ms(poll->silent_us), seconds(unit->interval_us),
            100 * (double)poll->usual_us / (double)unit->interval_us);
}

static void print_sums(const struct line_plan *plan, FILE *to)
{
    uint32_t tenth = line_plan_tenth(plan);
    fprintf(to, "  taken of its time: %.1f %%\n", (double)line_plan_load_ppm(plan) / (PPM / 100));
    fprintf(to, "  a round, each of %u asked once: %.1f ms as usual, %.1f ms when all answer as late as they may,\n",
            plan->units, ms(line_plan_usual_us(plan)), ms(line_plan_longest_us(plan)));
    fprintf(to, "    %.1f ms when 1 of them is silent, %.1f ms when one in ten (%u) are\n",
            ms(line_plan_silent_us(plan, 1)), ms(line_plan_silent_us(plan, tenth)), tenth);
}

static void print_sensors(const struct config_node *node, FILE *to)
{
    struct line_plan plan = line_timing_sensors(node);
    if (node->slot_count == 0) return;
    fprintf(to, "  the sensors of %s, on its own line, each with the settings of its profile:\n", node->id);
    print_head(to);
    for (uint32_t i = 0; i < node->slot_count; i++) {
        const struct config_slot *slot = &node->slots[i];
        struct unit_timing timing = line_timing_slot(slot);
        char id[24];
        snprintf(id, sizeof id, "slot %u", slot->slot);
        print_unit(slot->unit_id, id, slot->profile->name, &timing, to);
    }
    print_sums(&plan, to);
}

static void print_path_head(FILE *to)
{
    fprintf(to, "  from a change to the broker, at worst, in s:\n  %-24s %8s %8s %8s %8s %8s %8s %9s %9s\n", "subject",
            "sample", "sensors", "poll", "round", "records", "tell", "together", "promised");
}

static void print_path(const struct config_subject *subject, enum subject_domain domain, const struct alarm_path *path,
                       FILE *to)
{
    int64_t promise_ms = line_timing_promise_ms(&subject->policy->latency, domain);
    fprintf(to, "  %-24.24s %8.2f %8.2f %8.2f %8.2f %8.2f %8.2f %9.2f ", subject->id, seconds(path->sample_us),
            seconds(path->sensors_us), seconds(path->poll_us), seconds(path->round_us), seconds(path->windows_us),
            seconds(path->tell_us), seconds(alarm_path_us(path)));
    if (promise_ms > 0)
        fprintf(to, "%9.0f\n", (double)promise_ms / 1000);
    else
        fprintf(to, "%9s\n", "nothing");
}

static const enum subject_domain judged[] = {SUBJECT_HOME, SUBJECT_LEVEL, SUBJECT_COVER};

static void print_paths(const struct gateway_config *config, const struct config_line *line,
                        const struct line_plan *plan, FILE *to)
{
    print_path_head(to);
    for (size_t d = 0; d < sizeof judged / sizeof judged[0]; d++) {
        for (uint32_t n = 0; n < line->node_count; n++)
            for (uint32_t i = 0; i < line->nodes[n].slot_count; i++) {
                const struct config_slot *slot = &line->nodes[n].slots[i];
                struct alarm_path path = line_timing_slot_path(plan, line, &line->nodes[n], slot, judged[d]);
                if (line_timing_slot_tells(slot, judged[d]))
                    print_path(&config->subjects[slot->subject], judged[d], &path, to);
            }
        for (uint32_t i = 0; i < line->device_count; i++) {
            const struct config_device *device = &line->devices[i];
            struct unit_timing timing = line_timing_device(line, device);
            struct alarm_path path = line_timing_device_path(plan, &timing);
            if (line_timing_device_tells(device, judged[d]))
                print_path(&config->subjects[device->subject], judged[d], &path, to);
        }
    }
}

static void print_line(const struct gateway_config *config, uint32_t index, FILE *to)
{
    const struct config_line *line = &config->lines[index];
    struct line_plan plan = line_timing_plan(line);
    fprintf(to, "lines[%u] %s: ", index, line->id);
    print_way(line, to);
    print_head(to);
    for (uint32_t i = 0; i < line->node_count; i++) {
        struct unit_timing timing = line_timing_node(line, &line->nodes[i]);
        print_unit(line->nodes[i].unit_id, line->nodes[i].id, "node, a window", &timing, to);
    }
    for (uint32_t i = 0; i < line->device_count; i++) {
        struct unit_timing timing = line_timing_device(line, &line->devices[i]);
        print_unit(line->devices[i].unit_id, line->devices[i].id, line->devices[i].profile->name, &timing, to);
    }
    print_sums(&plan, to);
    for (uint32_t i = 0; i < line->node_count; i++)
        print_sensors(&line->nodes[i], to);
    print_paths(config, line, &plan, to);
}

void plan_table_print(const struct gateway_config *config, FILE *to)
{
    for (uint32_t i = 0; i < config->line_count; i++)
        print_line(config, i, to);
}

void plan_table_print_failing(const struct gateway_config *config, FILE *to)
{
    for (uint32_t i = 0; i < config->line_count; i++)
        if (config->lines[i].plan_fails) print_line(config, i, to);
}
