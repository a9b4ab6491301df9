#include "core/area/area.h"

#include <assert.h>
#include <string.h>

#include "core/layout.h"

/* One node of the tree. Its path is the beginning of some subject's grid. */
struct area {
    const char *path;
    uint32_t path_length;
    uint32_t parent;
    uint32_t first_child, next_sibling; /* AREA_NONE = none */
    uint32_t first_subject;             /* sensors directly here, linked through struct member */
    uint32_t homes_waiting;             /* while laying out: homes not counted below, to be counted here or above */
    bool counts_homes;                  /* a group of homes begins to count here */
    bool changed;                       /* it is in the queue */
    bool is_heard;                      /* people report there */
    uint32_t rain_watched, rain_unknown;
    uint32_t reported[SW_COLOUR_COUNT]; /* none are green */
    struct area_count home, level, cover;
};

struct member {
    uint8_t domain; /* enum subject_domain */
    uint8_t colour;
    bool unknown;
    uint32_t area; /* where it begins to count, AREA_NONE = nowhere; it counts in all areas above too */
    uint32_t next; /* in the list of its area */
};

struct area_map {
    uint32_t subject_count, area_count, bucket_count;
    uint32_t queue_first, queue_count;
    struct area *areas;
    struct member *members;
    uint32_t *buckets; /* area + 1 by the hash of its path; 0 = empty */
    uint32_t *queue;   /* ring of changed areas, each at most once */
};

/* ---- paths ---- */

static bool has_place(const struct area_subject *subject)
{
    switch (subject->domain) {
    case SUBJECT_HOME:
    case SUBJECT_LEVEL:
    case SUBJECT_COVER:
    case SUBJECT_RAIN:
    case SUBJECT_PLACE:
        return subject->grid && sw_area_path_valid(subject->grid);
    case SUBJECT_NODE:
    case SUBJECT_LINE:
    case SUBJECT_SOURCE:
    case SUBJECT_STORE:
        break;
    }
    return false;
}

/* Levels of `path` that are not also the first levels of `other`. */
static uint32_t new_levels(const char *path, const char *other)
{
    size_t same = 0, level = 0;
    uint32_t count = 1;
    while (path[same] != '\0' && path[same] == other[same])
        same++;
    bool whole = (path[same] == '\0' || path[same] == '/') && (other[same] == '\0' || other[same] == '/');
    if (whole && path[same] == '\0') return 0;
    for (level = whole ? same + 1 : same; path[level] != '\0'; level++)
        if (path[level] == '/') count++;
    return count;
}

/* At most so many areas; exact for subjects sorted by their grid. */
static uint32_t areas_needed(const struct area_subject *subjects, uint32_t count)
{
    const char *previous = "";
    uint32_t needed = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!has_place(&subjects[i])) continue;
        needed += new_levels(subjects[i].grid, previous);
        previous = subjects[i].grid;
    }
    return needed;
}

size_t area_map_size(const struct area_subject *subjects, uint32_t count)
{
    uint32_t areas = areas_needed(subjects, count);
    return layout_rounded(sizeof(struct area_map)) + layout_rounded(areas * sizeof(struct area)) +
           layout_rounded(count * sizeof(struct member)) + layout_rounded(layout_buckets(areas) * sizeof(uint32_t)) +
           layout_rounded(areas * sizeof(uint32_t));
}

/* FNV-1a, 32 bits. */
static uint32_t hash_of(const char *path, size_t length)
{
    uint32_t hash = UINT32_C(2166136261);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)path[i]) * UINT32_C(16777619);
    return hash;
}

/* The bucket of this path, or the empty one where it belongs. At most half of them are taken. */
static uint32_t *bucket_of(const struct area_map *map, const char *path, size_t length)
{
    uint32_t at = hash_of(path, length) & (map->bucket_count - 1);
    for (; map->buckets[at] != 0; at = (at + 1) & (map->bucket_count - 1)) {
        const struct area *area = &map->areas[map->buckets[at] - 1];
        if (area->path_length == length && memcmp(area->path, path, length) == 0) break;
    }
    return &map->buckets[at];
}

uint32_t area_map_find(const struct area_map *map, const char *path)
{
    if (!sw_area_path_valid(path)) return AREA_NONE;
    uint32_t found = *bucket_of(map, path, strlen(path));
    return found == 0 ? AREA_NONE : found - 1;
}

uint32_t area_map_count(const struct area_map *map)
{
    return map->area_count;
}

void area_map_path(const struct area_map *map, uint32_t area, char path[SW_AREA_PATH_SIZE])
{
    assert(area < map->area_count);
    memcpy(path, map->areas[area].path, map->areas[area].path_length);
    path[map->areas[area].path_length] = '\0';
}

/* ---- changes ---- */

static uint32_t sensors_of(const struct area *area)
{
    return area->level.watched + area->cover.watched;
}

static bool is_shown(const struct area *area)
{
    return area->is_heard || sensors_of(area) + area->rain_watched + area->home.watched > 0;
}

void area_map_change(struct area_map *map, uint32_t index)
{
    struct area *area = &map->areas[index];
    if (area->changed || !is_shown(area)) return;
    area->changed = true;
    map->queue[(map->queue_first + map->queue_count++) % map->area_count] = index;
}

uint32_t area_map_take_changed(struct area_map *map)
{
    if (map->queue_count == 0) return AREA_NONE;
    uint32_t index = map->queue[map->queue_first];
    map->queue_first = (map->queue_first + 1) % map->area_count;
    map->queue_count--;
    map->areas[index].changed = false;
    return index;
}

uint32_t area_map_changed_count(const struct area_map *map)
{
    return map->queue_count;
}

void area_map_change_all(struct area_map *map)
{
    for (uint32_t i = 0; i < map->area_count; i++)
        area_map_change(map, i);
}

/* ---- laying out ---- */

static uint32_t add_area(struct area_map *map, const char *path, size_t length, uint32_t parent)
{
    uint32_t *bucket = bucket_of(map, path, length);
    if (*bucket != 0) return *bucket - 1;
    uint32_t index = map->area_count++;
    struct area *area = &map->areas[index];
    memset(area, 0, sizeof *area);
    area->path = path;
    area->path_length = (uint32_t)length;
    area->parent = parent;
    area->first_child = area->first_subject = AREA_NONE;
    area->next_sibling = parent == AREA_NONE ? AREA_NONE : map->areas[parent].first_child;
    if (parent != AREA_NONE) map->areas[parent].first_child = index;
    *bucket = index + 1;
    return index;
}

static uint32_t add_path(struct area_map *map, const char *path)
{
    uint32_t area = AREA_NONE;
    for (size_t at = 0;; at++) {
        if (path[at] != '/' && path[at] != '\0') continue;
        area = add_area(map, path, at, area);
        if (path[at] == '\0') return area;
    }
}

/* Homes wait, from the cells upwards, until AREA_HOMES_MIN or more of them have come together; there they begin to
 * count as one group. Whatever is shown is then a sum of whole groups, and so is every difference of what is shown. */
static void group_homes(struct area_map *map)
{
    for (uint32_t i = map->area_count; i-- > 0;) {
        struct area *area = &map->areas[i];
        area->counts_homes = area->homes_waiting >= AREA_HOMES_MIN;
        if (!area->counts_homes && area->parent != AREA_NONE)
            map->areas[area->parent].homes_waiting += area->homes_waiting;
    }
}

static uint32_t group_of(const struct area_map *map, uint32_t area)
{
    while (area != AREA_NONE && !map->areas[area].counts_homes)
        area = map->areas[area].parent;
    return area;
}

static void count_in(struct area_count *count, const struct member *member, uint32_t by)
{
    if (member->unknown) count->unknown += by;
    if (!member->unknown || member->colour != SW_COLOUR_GREEN) count->colours[member->colour] += by;
}

/* Adds the member to one area, or takes it off with `by` = UINT32_MAX, which is -1. */
static void count_member(struct area *area, const struct member *member, uint32_t by)
{
    switch ((enum subject_domain)member->domain) {
    case SUBJECT_HOME:
        count_in(&area->home, member, by);
        break;
    case SUBJECT_LEVEL:
        count_in(&area->level, member, by);
        break;
    case SUBJECT_COVER:
        count_in(&area->cover, member, by);
        break;
    case SUBJECT_RAIN:
        if (member->unknown) area->rain_unknown += by;
        break;
    case SUBJECT_PLACE:
        if (member->colour != SW_COLOUR_GREEN) area->reported[member->colour] += by;
        break;
    case SUBJECT_NODE:
    case SUBJECT_LINE:
    case SUBJECT_SOURCE:
    case SUBJECT_STORE:
        break;
    }
}

static void count_watched(struct area *area, enum subject_domain domain)
{
    if (domain == SUBJECT_HOME) area->home.watched++;
    if (domain == SUBJECT_LEVEL) area->level.watched++;
    if (domain == SUBJECT_COVER) area->cover.watched++;
    if (domain == SUBJECT_RAIN) area->rain_watched++;
    if (domain == SUBJECT_PLACE) area->is_heard = true;
}

static void place_member(struct area_map *map, uint32_t index)
{
    struct member *member = &map->members[index];
    if (member->domain == SUBJECT_HOME) member->area = group_of(map, member->area);
    if (member->area == AREA_NONE) return;
    if (member->domain == SUBJECT_LEVEL || member->domain == SUBJECT_COVER) {
        member->next = map->areas[member->area].first_subject;
        map->areas[member->area].first_subject = index;
    }
    for (uint32_t a = member->area; a != AREA_NONE; a = map->areas[a].parent) {
        count_watched(&map->areas[a], (enum subject_domain)member->domain);
        count_member(&map->areas[a], member, 1);
    }
}

struct area_map *area_map_init(void *memory, const struct area_subject *subjects, uint32_t count)
{
    uint32_t areas = areas_needed(subjects, count);
    unsigned char *at = memory;
    struct area_map *map = memory;
    memset(map, 0, sizeof *map);
    map->subject_count = count;
    map->bucket_count = layout_buckets(areas);
    at += layout_rounded(sizeof *map);
    map->areas = (struct area *)(void *)at;
    at += layout_rounded(areas * sizeof(struct area));
    map->members = (struct member *)(void *)at;
    at += layout_rounded(count * sizeof(struct member));
    map->buckets = (uint32_t *)(void *)at;
    memset(map->buckets, 0, map->bucket_count * sizeof(uint32_t));
    at += layout_rounded(map->bucket_count * sizeof(uint32_t));
    map->queue = (uint32_t *)(void *)at;

    for (uint32_t i = 0; i < count; i++) {
        bool placed = has_place(&subjects[i]);
        map->members[i] = (struct member){.domain = (uint8_t)subjects[i].domain,
                                          .unknown = true,
                                          .area = placed ? add_path(map, subjects[i].grid) : AREA_NONE,
                                          .next = AREA_NONE};
        if (placed && subjects[i].domain == SUBJECT_HOME) map->areas[map->members[i].area].homes_waiting++;
    }
    group_homes(map);
    /* From the last one, so that the lists are in the order of the subjects. */
    for (uint32_t i = count; i-- > 0;)
        place_member(map, i);
    area_map_change_all(map);
    return map;
}

static void count_up(struct area_map *map, const struct member *member, uint32_t by)
{
    for (uint32_t a = member->area; a != AREA_NONE; a = map->areas[a].parent) {
        count_member(&map->areas[a], member, by);
        area_map_change(map, a);
    }
}

void area_map_set(struct area_map *map, uint32_t subject, enum sw_colour colour, bool unknown)
{
    assert(subject < map->subject_count && colour < SW_COLOUR_COUNT);
    struct member *member = &map->members[subject];
    if (member->colour == colour && member->unknown == unknown) return;
    count_up(map, member, UINT32_MAX);
    member->colour = (uint8_t)colour;
    member->unknown = unknown;
    count_up(map, member, 1);
}

/* AREA_NONE: neither it nor one above it is shown. */
static uint32_t shown_area(const struct area_map *map, const char *grid)
{
    size_t length = sw_area_path_valid(grid) ? strlen(grid) : 0;
    while (length > 0) {
        uint32_t found = *bucket_of(map, grid, length);
        if (found != 0 && is_shown(&map->areas[found - 1])) return found - 1;
        while (length > 0 && grid[--length] != '/')
            continue;
    }
    return AREA_NONE;
}

void area_map_move(struct area_map *map, uint32_t subject, const char *grid)
{
    assert(subject < map->subject_count && map->members[subject].domain == SUBJECT_PLACE);
    struct member *member = &map->members[subject];
    uint32_t to = shown_area(map, grid);
    if (to == member->area) return;
    count_up(map, member, UINT32_MAX);
    member->area = to;
    count_up(map, member, 1);
}

enum sw_colour area_map_colour(const struct area_map *map, uint32_t subject)
{
    assert(subject < map->subject_count);
    return (enum sw_colour)map->members[subject].colour;
}

/* ---- what is shown ---- */

static bool half_unknown(uint32_t unknown, uint32_t watched)
{
    return (uint64_t)unknown * 2 >= watched;
}

/* The worst colour that one home in AREA_HOMES_ONE_IN has or exceeds. */
static enum sw_colour colour_of_homes(const struct area_count *homes)
{
    uint64_t count = 0;
    for (int colour = SW_COLOUR_COUNT - 1; colour > SW_COLOUR_GREEN; colour--) {
        count += homes->colours[colour];
        if (colour <= (int)AREA_HOMES_COLOUR_MAX && count > 0 && count * AREA_HOMES_ONE_IN >= homes->watched)
            return (enum sw_colour)colour;
    }
    return SW_COLOUR_GREEN;
}

static uint32_t of_colour(const struct area *area, int colour)
{
    return area->level.colours[colour] + area->cover.colours[colour];
}

/* The next area after `at` in the tree below `top`, leaving out what lies below `at` unless `down`. */
static uint32_t next_area(const struct area_map *map, uint32_t top, uint32_t at, bool down)
{
    if (down && map->areas[at].first_child != AREA_NONE) return map->areas[at].first_child;
    while (at != top && map->areas[at].next_sibling == AREA_NONE)
        at = map->areas[at].parent;
    return at == top ? AREA_NONE : map->areas[at].next_sibling;
}

static void list_of_colour(const struct area_map *map, uint32_t top, int colour, struct area_report *report)
{
    uint32_t at = top;
    while (at != AREA_NONE && report->worst_count < AREA_WORST_MAX) {
        const struct area *area = &map->areas[at];
        bool any = of_colour(area, colour) > 0;
        uint32_t subject = any ? area->first_subject : AREA_NONE;
        for (; subject != AREA_NONE && report->worst_count < AREA_WORST_MAX; subject = map->members[subject].next)
            if (map->members[subject].colour == colour) report->worst[report->worst_count++] = subject;
        at = next_area(map, top, at, any);
    }
}

void area_map_report(const struct area_map *map, uint32_t index, struct area_report *report)
{
    assert(index < map->area_count);
    const struct area *area = &map->areas[index];
    memset(report, 0, sizeof *report);
    report->shown = is_shown(area);
    if (!report->shown) return;
    report->level = area->level;
    report->cover = area->cover;
    report->rain_watched = area->rain_watched;
    report->rain_unknown = area->rain_unknown;
    report->homes_watched = area->home.watched;
    report->homes_colour = colour_of_homes(&area->home);
    report->homes_unknown = half_unknown(area->home.unknown, area->home.watched);
    report->unknown = sensors_of(area) > 0 ? half_unknown(area->level.unknown + area->cover.unknown, sensors_of(area))
                                           : report->homes_unknown;
    report->colour = report->homes_colour;
    memcpy(report->reported, area->reported, sizeof report->reported);
    for (int colour = SW_COLOUR_COUNT - 1; colour > SW_COLOUR_GREEN; colour--) {
        bool any = of_colour(area, colour) > 0;
        if ((any || area->reported[colour] > 0) && colour > (int)report->colour)
            report->colour = (enum sw_colour)colour;
        if (any) list_of_colour(map, index, colour, report);
    }
}
