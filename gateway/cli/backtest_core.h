/* A core with one subject, fed as `stillwater replay` feeds it: each reading is decided on at its own time, and time
 * passes from deadline to deadline in between. */
#ifndef GATEWAY_CLI_BACKTEST_CORE_H
#define GATEWAY_CLI_BACKTEST_CORE_H

#include "core/core.h"

struct one_core {
    void *memory;
    struct core *core;
    uint32_t subject;
    int64_t now_ms; /* of the last tick; 0 = none yet */
    struct policy policy;
};

/* SW_OK, or SW_ERROR_NO_SPACE when memory is refused, or another error for a bad name. One close is owed. */
int one_core_open(struct one_core *one, enum subject_domain domain, const char *name, const struct policy *policy,
                  struct core_sink sink);
void one_core_close(struct one_core *one);

/* A fresh core in the same memory, with the state of `snapshot` where size is not 0. */
int one_core_renew(struct one_core *one, enum subject_domain domain, const char *name, const struct policy *policy,
                   struct core_sink sink, const uint8_t *snapshot, size_t size);

struct core_verdict one_core_take(struct one_core *one, enum sw_reading_kind kind, int64_t time_ms,
                                  int64_t value_milli);

/* Time passes without a reading. */
void one_core_pass(struct one_core *one, int64_t now_ms);

#endif
