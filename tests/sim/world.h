/* What really happens in the city, made from the seed before anything else runs: people use water and stop, water
 * rises, covers are opened. The sensors read it; the oracle knows it. Neither the core nor the gateway does. */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "sim/sim.h"
#include "stillwater/alert.h"

#define WORLD_HOMES_A_NODE 14u
#define WORLD_NODES_A_LINE 8u
#define WORLD_SLOT_SITE    14u /* of the nodes that have one */
#define WORLD_SLOT_COVER   15u

/* Bands of the sites, mm: index enum sw_colour. */
extern const int world_band_mm[SW_COLOUR_COUNT];

/* How long everything goes on without faults at the end, so that what is open comes to its end. */
#define WORLD_CALM (7 * DAY / 2)

enum episode_kind {
    EPISODE_STILL,    /* a home: from the last use to the next one */
    EPISODE_FLOOD,    /* a site: from the begin of the rise to the end of the fall */
    EPISODE_OPEN,     /* a cover */
    EPISODE_NODE_OFF, /* a node without power */
    EPISODE_PORT,     /* a line whose adapter is unplugged */
};

struct episode {
    enum episode_kind kind;
    uint32_t subject; /* home, site, cover, node or line */
    int64_t from_us, to_us;
    int64_t held_us;       /* for how long it was at its worst */
    enum sw_colour colour; /* floods: of the crest */
};

struct world {
    uint32_t homes, sites, covers, nodes, lines;
    struct episode *episodes;
    size_t episode_count;
};
extern struct world world;

void world_make(void);
void world_free(void);
/* The time at which the world ends. */
int64_t world_end_us(void);

/* What the sensors see. Each subject is asked for times that do not go back. */
uint32_t world_home_litres(uint32_t home, int64_t at_us);
int world_site_mm(uint32_t site, int64_t at_us);
bool world_cover_open(uint32_t cover, int64_t at_us);

/* Faults that are episodes themselves, told when they begin. */
void world_add_episode(const struct episode *episode);

/* Where a home, site or cover hangs. */
uint32_t world_node_of(enum episode_kind kind, uint32_t subject);
uint32_t world_line_of_node(uint32_t node);

#define WORLD_NAME_SIZE 32
/* "home-12": as in the configuration. */
void world_name(enum episode_kind kind, uint32_t subject, char name[WORLD_NAME_SIZE]);
/* The other way round; false for another name. */
bool world_parse(const char *name, enum episode_kind *kind, uint32_t *subject);

#endif
