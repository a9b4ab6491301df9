#include "centre/area_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"

struct entry {
    bool heard; /* in this run */
    struct message_area area;
};

struct lost {
    char city[SW_ID_SIZE], gateway[SW_ID_SIZE];
};

struct area_table {
    struct entry **entries; /* in the order of compare() */
    uint32_t count, capacity;
    struct lost *lost;
    uint32_t lost_count, lost_capacity;
};

struct area_table *area_table_new(void)
{
    return calloc(1, sizeof(struct area_table));
}

void area_table_free(struct area_table *table)
{
    if (!table) return;
    for (uint32_t i = 0; i < table->count; i++)
        free(table->entries[i]);
    free(table->entries);
    free(table->lost);
    free(table);
}

/* As strcmp, with '/' before every other character: an area comes right before those that lie in it. */
static int compare_paths(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    int left = *a == '/' ? 1 : (unsigned char)*a, right = *b == '/' ? 1 : (unsigned char)*b;
    return left - right;
}

static int compare(const struct message_area *area, const char *city, const char *path, const char *gateway)
{
    int order = strcmp(area->city, city);
    if (order == 0) order = compare_paths(area->area, path);
    return order != 0 ? order : strcmp(area->gateway, gateway);
}

/* Of the first entry that is not before this one. */
static uint32_t position_of(const struct area_table *table, const char *city, const char *path, const char *gateway)
{
    uint32_t low = 0, high = table->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare(&table->entries[middle]->area, city, path, gateway) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool make_room(void **items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity) return true;
    uint32_t wanted = *capacity == 0 ? 64 : *capacity * 2;
    void *grown = realloc(*items, wanted * size);
    if (!grown) return false;
    *items = grown;
    *capacity = wanted;
    return true;
}

static struct entry *insert(struct area_table *table, uint32_t at)
{
    void *entries = table->entries;
    if (table->count == AREA_TABLE_MAX || !make_room(&entries, table->count, &table->capacity, sizeof(struct entry *)))
        return NULL;
    table->entries = entries;
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry) return NULL;
    memmove(&table->entries[at + 1], &table->entries[at], (table->count - at) * sizeof(struct entry *));
    table->entries[at] = entry;
    table->count++;
    return entry;
}

int area_table_take(struct area_table *table, const struct message_area *area, bool learnt)
{
    uint32_t at = position_of(table, area->city, area->area, area->gateway);
    bool there = at < table->count && compare(&table->entries[at]->area, area->city, area->area, area->gateway) == 0;
    struct entry *entry = there ? table->entries[at] : insert(table, at);
    if (!entry) return SW_ERROR_NO_SPACE;
    /* A decoded message has no bytes that were not set. */
    bool known = there && memcmp(&entry->area, area, sizeof *area) == 0;
    memcpy(&entry->area, area, sizeof *area);
    if (!learnt) entry->heard = true;
    return known ? SW_ERROR_STALE : SW_OK;
}

void area_table_drop(struct area_table *table, const char *city, const char *gateway, const char *path)
{
    uint32_t at = position_of(table, city, path, gateway);
    if (at == table->count || compare(&table->entries[at]->area, city, path, gateway) != 0) return;
    free(table->entries[at]);
    table->count--;
    memmove(&table->entries[at], &table->entries[at + 1], (table->count - at) * sizeof(struct entry *));
}

static uint32_t find_lost(const struct area_table *table, const char *city, const char *gateway)
{
    uint32_t i = 0;
    while (i < table->lost_count &&
           (strcmp(table->lost[i].gateway, gateway) != 0 || strcmp(table->lost[i].city, city) != 0))
        i++;
    return i;
}

int area_table_gateway(struct area_table *table, const char *city, const char *gateway, bool lost)
{
    uint32_t at = find_lost(table, city, gateway);
    if (at < table->lost_count && !lost) table->lost[at] = table->lost[--table->lost_count];
    if (at < table->lost_count || !lost) return SW_OK;
    void *items = table->lost;
    if (!make_room(&items, table->lost_count, &table->lost_capacity, sizeof *table->lost)) return SW_ERROR_NO_SPACE;
    table->lost = items;
    struct lost *entry = &table->lost[table->lost_count++];
    (void)snprintf(entry->city, sizeof entry->city, "%s", city);
    (void)snprintf(entry->gateway, sizeof entry->gateway, "%s", gateway);
    return SW_OK;
}

/* ---- merging ---- */

static void add(uint32_t *sum, uint32_t count)
{
    *sum = count > UINT32_MAX - *sum ? UINT32_MAX : *sum + count;
}

/* Of a lost gateway all are unknown; those that were not green stay what they were. */
static void add_count(struct area_count *sum, const struct area_count *count, bool lost)
{
    add(&sum->watched, count->watched);
    add(&sum->unknown, lost ? count->watched : count->unknown);
    for (int colour = lost ? SW_COLOUR_BLUE : SW_COLOUR_GREEN; colour < SW_COLOUR_COUNT; colour++)
        add(&sum->colours[colour], count->colours[colour]);
}

static void add_worst(struct message_area *sum, const struct message_area_sensor *sensor)
{
    uint32_t at = sum->worst_count;
    while (at > 0 && sum->worst[at - 1].colour < sensor->colour)
        at--;
    if (at == AREA_WORST_MAX) return;
    uint32_t moved = (sum->worst_count < AREA_WORST_MAX ? sum->worst_count : AREA_WORST_MAX - 1) - at;
    memmove(&sum->worst[at + 1], &sum->worst[at], moved * sizeof *sensor);
    sum->worst[at] = *sensor;
    if (sum->worst_count < AREA_WORST_MAX) sum->worst_count++;
}

static void add_area(struct area_merged *merged, const struct message_area *area, bool lost, uint64_t *homes_unknown)
{
    struct message_area *sum = &merged->area;
    merged->gateways++;
    if (lost) merged->lost++;
    if (area->time.ms > sum->time.ms) sum->time = area->time;
    if (area->colour > sum->colour) sum->colour = area->colour;
    if (area->homes_colour > sum->homes_colour) sum->homes_colour = area->homes_colour;
    add_count(&sum->level, &area->level, lost);
    add_count(&sum->cover, &area->cover, lost);
    for (int colour = 0; colour < SW_COLOUR_COUNT; colour++)
        add(&sum->reported[colour], area->reported[colour]);
    add(&sum->rain_watched, area->rain_watched);
    add(&sum->rain_unknown, lost ? area->rain_watched : area->rain_unknown);
    add(&sum->homes_watched, area->homes_watched);
    if (lost || area->homes_unknown) *homes_unknown += area->homes_watched;
    for (uint32_t i = 0; i < area->worst_count; i++)
        add_worst(sum, &area->worst[i]);
}

/* Of the entries from *at on that are of the same area; *at is behind them afterwards. */
static bool merge_next(const struct area_table *table, uint32_t *at, struct area_merged *merged)
{
    const struct message_area *first = &table->entries[*at]->area;
    uint64_t homes_unknown = 0;
    memset(merged, 0, sizeof *merged);
    memcpy(merged->area.city, first->city, sizeof first->city);
    memcpy(merged->area.area, first->area, sizeof first->area);
    for (; *at < table->count; (*at)++) {
        const struct entry *entry = table->entries[*at];
        if (strcmp(entry->area.area, first->area) != 0 || strcmp(entry->area.city, first->city) != 0) break;
        if (!entry->heard) continue;
        bool lost = find_lost(table, entry->area.city, entry->area.gateway) < table->lost_count;
        add_area(merged, &entry->area, lost, &homes_unknown);
    }
    struct message_area *sum = &merged->area;
    uint64_t sensors = (uint64_t)sum->level.watched + sum->cover.watched;
    sum->homes_unknown = homes_unknown * 2 >= sum->homes_watched;
    sum->unknown =
        sensors > 0 ? ((uint64_t)sum->level.unknown + sum->cover.unknown) * 2 >= sensors : sum->homes_unknown;
    return merged->gateways > 0;
}

bool area_table_find(const struct area_table *table, const char *city, const char *path, struct area_merged *merged)
{
    uint32_t at = position_of(table, city, path, "");
    if (at == table->count || strcmp(table->entries[at]->area.city, city) != 0 ||
        strcmp(table->entries[at]->area.area, path) != 0)
        return false;
    return merge_next(table, &at, merged);
}

void area_table_each(const struct area_table *table, void *ctx,
                     void (*each)(void *ctx, const struct area_merged *merged))
{
    struct area_merged merged;
    for (uint32_t at = 0; at < table->count;)
        if (merge_next(table, &at, &merged)) each(ctx, &merged);
}

/* ---- in words ---- */

struct sentence {
    char *text;
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void say(struct sentence *sentence, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(sentence->text + sentence->used, AREA_SENTENCE_SIZE - sentence->used, format, arguments);
    va_end(arguments);
    if (length > 0) sentence->used += (size_t)length;
    if (sentence->used >= AREA_SENTENCE_SIZE) sentence->used = AREA_SENTENCE_SIZE - 1;
}

static void begin_part(struct sentence *sentence)
{
    if (sentence->used > 0) say(sentence, "; ");
}

/* What goes before the next one. */
static const char *say_colours(struct sentence *sentence, const uint32_t colours[SW_COLOUR_COUNT])
{
    const char *before = " ";
    for (int colour = SW_COLOUR_COUNT - 1; colour >= 0; colour--) {
        if (colours[colour] == 0) continue;
        say(sentence, "%s%u %s", before, colours[colour], sw_colour_name((enum sw_colour)colour));
        before = ", ";
    }
    return before;
}

static void say_reported(struct sentence *sentence, const uint32_t colours[SW_COLOUR_COUNT])
{
    static const uint32_t none[SW_COLOUR_COUNT];
    if (memcmp(colours, none, sizeof none) == 0) return;
    begin_part(sentence);
    say(sentence, "reported:");
    (void)say_colours(sentence, colours);
}

static void say_count(struct sentence *sentence, const char *kind, const struct area_count *count)
{
    if (count->watched == 0) return;
    begin_part(sentence);
    say(sentence, "%s:", kind);
    const char *before = say_colours(sentence, count->colours);
    if (count->unknown > 0) say(sentence, "%s%u unknown", before, count->unknown);
}

void area_merged_describe(const struct area_merged *merged, char out[AREA_SENTENCE_SIZE])
{
    const struct message_area *area = &merged->area;
    struct sentence sentence = {out, 0};
    out[0] = '\0';
    if (merged->lost > 0) say(&sentence, "%u of %u gateways lost", merged->lost, merged->gateways);
    say_count(&sentence, "level", &area->level);
    say_count(&sentence, "cover", &area->cover);
    say_reported(&sentence, area->reported);
    if (area->rain_watched > 0) {
        begin_part(&sentence);
        say(&sentence, "rain: %u", area->rain_watched);
        if (area->rain_unknown > 0) say(&sentence, ", %u unknown", area->rain_unknown);
    }
    if (area->homes_watched > 0) {
        begin_part(&sentence);
        say(&sentence, "homes: %u, %s%s", area->homes_watched, sw_colour_name(area->homes_colour),
            area->homes_unknown ? ", unknown" : "");
    }
    for (uint32_t i = 0; i < area->worst_count; i++) {
        if (i == 0) begin_part(&sentence);
        say(&sentence, "%s%s %s", i ? ", " : "", area->worst[i].subject, sw_colour_name(area->worst[i].colour));
    }
}

int area_paint(enum sw_colour colour)
{
    static const int paint[SW_COLOUR_COUNT] = {32, 34, 33, 91, 31};
    return paint[colour];
}
