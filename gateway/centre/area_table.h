/* The colours of places as all gateways together see them: the worst colour, sums of the counts.
 *
 * One entry for each area of each gateway, AREA_TABLE_MAX at most; what comes after that is refused. What a gateway
 * that is lost or stopped has said last keeps its colour, but counts as unknown. */
#ifndef GATEWAY_CENTRE_AREA_TABLE_H
#define GATEWAY_CENTRE_AREA_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "message/message.h"

#define AREA_TABLE_MAX 65536u

struct area_table;

struct area_table *area_table_new(void); /* NULL when memory is refused */
void area_table_free(struct area_table *table);

/* SW_OK; SW_ERROR_STALE when this very message is known; SW_ERROR_NO_SPACE. `learnt`: read from a file of an earlier
 * run: known as a message, but not yet heard, so that no area is made of it. */
int area_table_take(struct area_table *table, const struct message_area *area, bool learnt);

/* The area is watched by this gateway no longer. */
void area_table_drop(struct area_table *table, const char *city, const char *gateway, const char *path);

/* SW_ERROR_NO_SPACE when that cannot be remembered. */
int area_table_gateway(struct area_table *table, const char *city, const char *gateway, bool lost);

/* An area over all gateways, by the rule of core/area/area.h. `area.gateway` is "" and `area.time` the newest one's. */
struct area_merged {
    struct message_area area;
    uint32_t gateways; /* that watch it */
    uint32_t lost;     /* of these */
};

/* False when no gateway watches it. */
bool area_table_find(const struct area_table *table, const char *city, const char *path, struct area_merged *merged);

/* City by city; an area before those that lie in it, the areas of one in the order of their names. */
void area_table_each(const struct area_table *table, void *ctx,
                     void (*each)(void *ctx, const struct area_merged *merged));

/* "2 of 3 unknown; level: 1 red, 1 green; cover: 1 green; homes: 12 yellow; canal-3 red, cover-17 orange". */
#define AREA_SENTENCE_SIZE 768
void area_merged_describe(const struct area_merged *merged, char sentence[AREA_SENTENCE_SIZE]);

/* How a terminal shows a colour: the number of its escape sequence. */
int area_paint(enum sw_colour colour);

#endif
