/* The city's centre: a machine that stores each revision once and gives receipts, and people who answer. */
#ifndef TESTS_SIM_CENTRE_H
#define TESTS_SIM_CENTRE_H

#include "sim/sim.h"
#include "stillwater/alert.h"

void centre_make(void);
void centre_free(void);

/* `kept`: it is only away, and keeps in its memory what it has not stored yet; else that is lost. */
void centre_leave(bool kept);
void centre_return(void);
/* While dumb it stores, and gives no receipts. */
void centre_set_dumb(bool dumb);
bool centre_is_there(void);

/* A message from the broker; one that has been taken does not come again. */
void centre_take(const char *payload);
/* To the order of that number. */
void centre_take_answer(const char *payload, size_t number);

struct centre_row {
    char id[SW_ALERT_ID_SIZE];
    uint32_t revision;
    enum sw_alert_state state;
    enum sw_colour colour;
    int64_t stored_us;
};
size_t centre_row_count(void);
const struct centre_row *centre_row(size_t index);

/* A command that a person has sent. Its note is "order N". */
struct centre_order {
    char id[SW_ALERT_ID_SIZE];
    enum sw_alert_action action;
    bool accepted;
    uint32_t revision; /* of the answer; 0 = none */
};
size_t centre_order_count(void);
const struct centre_order *centre_order(size_t number);

#endif
