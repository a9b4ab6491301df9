#include "adapters/name_lookup/name_lookup.h"

#include <stdlib.h>

struct name_lookup {
    uv_getaddrinfo_t request;
    name_lookup_answered *answered; /* NULL: nobody waits any more */
    void *asker;
};

static void on_done(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct name_lookup *lookup = request->data;
    if (lookup->answered) lookup->answered(lookup->asker, status, status == 0 ? found : NULL);
    uv_freeaddrinfo(found);
    free(lookup);
}

int name_lookup_start(uv_loop_t *loop, const char *host, const struct addrinfo *hints, name_lookup_answered *answered,
                      void *asker, struct name_lookup **out)
{
    struct name_lookup *lookup = calloc(1, sizeof *lookup);
    if (!lookup) return UV_ENOMEM;
    lookup->request.data = lookup;
    lookup->answered = answered;
    lookup->asker = asker;
    int error = uv_getaddrinfo(loop, &lookup->request, on_done, host, NULL, hints);
    if (error != 0) {
        free(lookup);
        return error;
    }
    *out = lookup;
    return 0;
}

void name_lookup_leave(struct name_lookup *lookup)
{
    lookup->answered = NULL;
    (void)uv_cancel((uv_req_t *)&lookup->request); /* one that waits for a thread; others go on */
}
