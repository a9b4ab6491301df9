#include "core/detect/silence.h"

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static const struct condition undecided = {.decided = false, .colour = SW_COLOUR_GREEN, .onset_ms = 0};

void silence_line_take(struct silence_line *line, bool port_ok, int64_t now_ms)
{
    if (port_ok) {
        if (line->down || line->up_since_ms == 0) line->up_since_ms = now_ms;
        line->down = false;
    } else if (!line->down) {
        line->down = true;
        line->down_since_ms = now_ms;
    }
}

bool silence_line_hear(struct silence_line *line, int64_t now_ms)
{
    bool was_mute = line->mute;
    line->heard_ms = now_ms;
    line->mute = false;
    if (was_mute) line->up_since_ms = now_ms;
    return was_mute;
}

bool silence_line_is_quiet(const struct silence_line *line, int64_t limit_ms, int64_t now_ms)
{
    return !line->down && now_ms - later(line->heard_ms, line->up_since_ms) >= limit_ms / 2;
}

struct condition silence_line_judge(const struct silence_line *line, const struct silence_policy *policy,
                                    int64_t now_ms)
{
    if (!line->down && line->mute) return undecided;
    if (!line->down) return (struct condition){.decided = true, .colour = SW_COLOUR_GREEN, .onset_ms = 0};
    if (policy->bus_ms <= 0 || now_ms - line->down_since_ms < policy->bus_ms) return undecided;
    return (struct condition){.decided = true, .colour = policy->colour, .onset_ms = line->down_since_ms};
}

void silence_source_take(struct silence_source *source, const struct silence_policy *policy,
                         const struct silence_line *line, int64_t now_ms)
{
    bool away = source->last_alive_ms == 0 || (line && line->up_since_ms > source->last_alive_ms) ||
                (policy->node_ms > 0 && now_ms - source->last_alive_ms >= policy->node_ms);
    if (away) source->came_back_ms = now_ms;
    source->last_alive_ms = source->waiting_since_ms = now_ms;
}

struct condition silence_source_judge(struct silence_source *source, const struct silence_policy *policy,
                                      const struct silence_line *line, int64_t now_ms)
{
    if (policy->node_ms <= 0 || (line && line->down)) return undecided;
    if (source->waiting_since_ms == 0) source->waiting_since_ms = now_ms;
    int64_t since_ms = line ? later(source->waiting_since_ms, line->up_since_ms) : source->waiting_since_ms;
    if (now_ms - since_ms < policy->node_ms) return undecided;
    return (struct condition){.decided = true,
                              .colour = policy->colour,
                              .onset_ms = source->last_alive_ms ? source->last_alive_ms : since_ms};
}

int64_t silence_horizon_ms(const struct silence_source *source, const struct silence_line *line, bool live,
                           int64_t now_ms)
{
    if (source->last_alive_ms == 0 && !live) return 0;
    if (!live || !line) return source->seen_until_ms;
    return line->down ? source->seen_until_ms : now_ms;
}

int64_t silence_sensor_since_ms(const struct silence_source *source, const struct silence_line *line,
                                int64_t last_good_ms)
{
    if (source->came_back_ms == 0) return 0;
    int64_t since_ms = later(last_good_ms, source->came_back_ms);
    return line ? later(since_ms, line->up_since_ms) : since_ms;
}
