#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_EPISODE (2 * DAY)
#define SITE_BASE_MM  20
#define RISE          (2 * HOUR)
#define FALL          (3 * HOUR)

const int world_band_mm[SW_COLOUR_COUNT] = {
    [SW_COLOUR_BLUE] = 500, [SW_COLOUR_YELLOW] = 1000, [SW_COLOUR_ORANGE] = 2000, [SW_COLOUR_RED] = 3000};

struct use {
    int64_t at_us;
    uint32_t total_l;
};

struct home {
    struct use *uses;
    size_t count, seen;
};

/* Episodes of a site or cover, in the order of their times. */
struct place {
    struct spell {
        int64_t from_us, to_us;
        int crest_mm;
    } * spells;
    size_t count, seen;
};

struct world world;

static struct {
    struct home *homes;
    struct place *sites, *covers;
    size_t capacity;
} all;

static const char *const stems[] = {
    [EPISODE_STILL] = "home",    [EPISODE_FLOOD] = "site", [EPISODE_OPEN] = "cover",
    [EPISODE_NODE_OFF] = "node", [EPISODE_PORT] = "line",
};
#define STEM_COUNT (sizeof stems / sizeof stems[0])

void world_name(enum episode_kind kind, uint32_t subject, char name[WORLD_NAME_SIZE])
{
    snprintf(name, WORLD_NAME_SIZE, "%s-%u", stems[kind], (unsigned)subject);
}

bool world_parse(const char *name, enum episode_kind *kind, uint32_t *subject)
{
    for (size_t i = 0; i < STEM_COUNT; i++) {
        size_t length = strlen(stems[i]);
        if (strncmp(name, stems[i], length) != 0 || name[length] != '-') continue;
        *kind = (enum episode_kind)i;
        *subject = (uint32_t)strtoul(name + length + 1, NULL, 10);
        return true;
    }
    return false;
}

uint32_t world_node_of(enum episode_kind kind, uint32_t subject)
{
    return kind == EPISODE_STILL ? subject / WORLD_HOMES_A_NODE : subject;
}

uint32_t world_line_of_node(uint32_t node)
{
    return node / WORLD_NODES_A_LINE;
}

int64_t world_end_us(void)
{
    return sim.days * DAY + WORLD_CALM;
}

void world_add_episode(const struct episode *episode)
{
    if (world.episode_count == all.capacity) {
        all.capacity = all.capacity ? 2 * all.capacity : 256;
        world.episodes = sim_grown(world.episodes, all.capacity, sizeof *world.episodes);
    }
    world.episodes[world.episode_count++] = *episode;
}

/* ---- homes ---- */

/* Somebody uses water every one to five hours, day and night: less than the window of the rule. Now and then nobody
 * does for a day or two, or for a few hours, which is nothing yet. */
static void make_home(uint32_t index, struct dice *dice)
{
    struct home *home = &all.homes[index];
    size_t capacity = (size_t)(world_end_us() / HOUR) + 2;
    home->uses = sim_zeroed(capacity, sizeof *home->uses);
    uint32_t total_l = (uint32_t)dice_between(dice, 1000, 90000);
    int64_t at_us = -dice_between(dice, 0, HOUR);
    int64_t stop_us = FIRST_EPISODE + dice_between(dice, 0, 12 * DAY);
    while (at_us < world_end_us()) {
        total_l += (uint32_t)dice_between(dice, 4, 60);
        home->uses[home->count++] = (struct use){at_us, total_l};
        int64_t gap_us = dice_between(dice, HOUR, 5 * HOUR);
        if (at_us >= stop_us && at_us < sim.days * DAY) {
            bool long_one = dice_throw(dice) % 3 != 0;
            gap_us = long_one ? dice_between(dice, 17 * HOUR, 60 * HOUR) : dice_between(dice, 7 * HOUR, 10 * HOUR);
            struct episode still = {EPISODE_STILL, index, at_us, at_us + gap_us, gap_us, SW_COLOUR_GREEN};
            world_add_episode(&still);
            stop_us = at_us + gap_us + dice_between(dice, 2 * DAY, 14 * DAY);
        }
        at_us += gap_us;
    }
}

uint32_t world_home_litres(uint32_t index, int64_t at_us)
{
    struct home *home = &all.homes[index];
    while (home->seen + 1 < home->count && home->uses[home->seen + 1].at_us <= at_us)
        home->seen++;
    /* Somebody who is not there: the total goes on by itself. */
    uint32_t invented = sim.mutation == MUTATION_INVENT_USE ? (uint32_t)(at_us / HOUR) * 5 : 0;
    return home->uses[home->seen].total_l + invented;
}

/* ---- sites and covers ---- */

static struct spell *add_spell(struct place *place, size_t capacity)
{
    if (!place->spells) place->spells = sim_zeroed(capacity, sizeof *place->spells);
    return &place->spells[place->count++];
}

static void make_site(uint32_t index, struct dice *dice)
{
    size_t capacity = sim.days + 1;
    for (int64_t at_us = FIRST_EPISODE + dice_between(dice, 0, 5 * DAY); at_us < sim.days * DAY;) {
        struct spell *spell = add_spell(&all.sites[index], capacity);
        enum sw_colour colour = (enum sw_colour)dice_between(dice, SW_COLOUR_BLUE, SW_COLOUR_RED);
        int64_t held_us = dice_between(dice, 3 * HOUR, 8 * HOUR);
        spell->from_us = at_us;
        spell->to_us = at_us + RISE + held_us + FALL;
        spell->crest_mm = world_band_mm[colour] + (int)dice_between(dice, 150, 400);
        struct episode flood = {EPISODE_FLOOD, index, spell->from_us, spell->to_us, held_us, colour};
        world_add_episode(&flood);
        at_us = spell->to_us + dice_between(dice, DAY, 6 * DAY);
    }
}

static void make_cover(uint32_t index, struct dice *dice)
{
    size_t capacity = sim.days + 1;
    for (int64_t at_us = FIRST_EPISODE + dice_between(dice, 0, 5 * DAY); at_us < sim.days * DAY;) {
        struct spell *spell = add_spell(&all.covers[index], capacity);
        spell->from_us = at_us;
        spell->to_us = at_us + dice_between(dice, HOUR, 10 * HOUR);
        struct episode open = {EPISODE_OPEN, index, spell->from_us, spell->to_us, spell->to_us - at_us, 0};
        world_add_episode(&open);
        at_us = spell->to_us + dice_between(dice, DAY, 6 * DAY);
    }
}

static const struct spell *spell_at(struct place *place, int64_t at_us)
{
    while (place->seen < place->count && place->spells[place->seen].to_us <= at_us)
        place->seen++;
    if (place->seen == place->count || place->spells[place->seen].from_us > at_us) return NULL;
    return &place->spells[place->seen];
}

/* Water never stands quite still. */
static int ripple_mm(uint32_t site, int64_t at_us)
{
    struct dice dice = dice_for((uint64_t)(at_us / MINUTE), site);
    return (int)dice_between(&dice, -4, 4);
}

int world_site_mm(uint32_t site, int64_t at_us)
{
    const struct spell *spell = spell_at(&all.sites[site], at_us);
    int64_t part = 0, whole = 1;
    if (spell && at_us < spell->from_us + RISE) {
        part = at_us - spell->from_us;
        whole = RISE;
    } else if (spell && at_us > spell->to_us - FALL) {
        part = spell->to_us - at_us;
        whole = FALL;
    } else if (spell) {
        part = 1;
    }
    int above_mm = spell ? (int)((spell->crest_mm - SITE_BASE_MM) * part / whole) : 0;
    return SITE_BASE_MM + above_mm + ripple_mm(site, at_us);
}

bool world_cover_open(uint32_t cover, int64_t at_us)
{
    return spell_at(&all.covers[cover], at_us) != NULL;
}

/* ---- all ---- */

static uint32_t parts(uint32_t count, uint32_t of)
{
    return (count + of - 1) / of;
}

void world_make(void)
{
    struct dice dice = dice_for(sim.seed, 'w');
    world.homes = sim.homes;
    world.nodes = parts(world.homes, WORLD_HOMES_A_NODE);
    world.lines = parts(world.nodes, WORLD_NODES_A_LINE);
    world.sites = world.covers = parts(world.nodes, 4);
    all.homes = sim_zeroed(world.homes, sizeof *all.homes);
    all.sites = sim_zeroed(world.sites, sizeof *all.sites);
    all.covers = sim_zeroed(world.covers, sizeof *all.covers);
    for (uint32_t i = 0; i < world.homes; i++)
        make_home(i, &dice);
    for (uint32_t i = 0; i < world.sites; i++)
        make_site(i, &dice);
    for (uint32_t i = 0; i < world.covers; i++)
        make_cover(i, &dice);
}

static void free_places(struct place *places, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        free(places[i].spells);
    free(places);
}

void world_free(void)
{
    for (uint32_t i = 0; i < world.homes; i++)
        free(all.homes[i].uses);
    free(all.homes);
    free_places(all.sites, world.sites);
    free_places(all.covers, world.covers);
    free(world.episodes);
}
