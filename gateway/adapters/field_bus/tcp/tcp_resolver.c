#include "tcp_resolver.h"

#include <sys/socket.h>

static void on_answer(void *ctx, int uv_error, const struct addrinfo *found)
{
    struct tcp_resolver *resolver = ctx;
    resolver->lookup = NULL;
    if (resolver->asker != NULL) resolver->answered(resolver->asker, uv_error, found);
    resolver->idle(resolver->ctx);
}

int tcp_resolver_ask(struct tcp_resolver *resolver, const char *host,
                     void (*answered)(void *asker, int uv_error, const struct addrinfo *found), void *asker)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    int error = name_lookup_start(resolver->loop, host, &hints, on_answer, resolver, &resolver->lookup);
    if (error != 0) return error;
    resolver->answered = answered;
    resolver->asker = asker;
    return 0;
}

void tcp_resolver_close(struct tcp_resolver *resolver)
{
    if (resolver->lookup != NULL) name_lookup_leave(resolver->lookup);
    resolver->lookup = NULL;
}

void tcp_resolver_forget(struct tcp_resolver *resolver, const void *asker)
{
    if (resolver->asker == asker) resolver->asker = NULL;
}
