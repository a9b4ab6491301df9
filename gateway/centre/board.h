/* What is worst in the city at this moment, for the officer on duty: a table of all open alerts, made from what
 * gateways retain (state, incident, area, status) and, sooner than that, from the alerts themselves. No network and no
 * clock. */
#ifndef GATEWAY_CENTRE_BOARD_H
#define GATEWAY_CENTRE_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "stillwater/time.h"

#define BOARD_WIDTH_MIN 60u

struct board;

struct board *board_new(void); /* NULL when memory is refused */
void board_free(struct board *board);

/* Forgets everything: after a lost connection what is retained comes anew, and what was taken away does not. */
void board_clear(struct board *board);

/* SW_OK; SW_ERROR_MESSAGE and `text` for what is not valid, and the board is as before; SW_ERROR_NO_SPACE. */
int board_take(struct board *board, const char *topic, const char *payload, size_t size, char *text, size_t text_size);

struct board_view {
    struct sw_wall now;
    unsigned width; /* columns, from BOARD_WIDTH_MIN */
    unsigned lines; /* 0 = as many as there are; what does not fit is counted */
    bool colourful;
    const char *problem; /* of the connection; NULL = none */
};

void board_print(const struct board *board, const struct board_view *view, FILE *out);

#endif
