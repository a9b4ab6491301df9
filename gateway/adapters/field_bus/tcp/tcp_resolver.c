#include "tcp_resolver.h"

#include <sys/socket.h>

static void on_answer(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct tcp_resolver *resolver = request->data;
    resolver->busy = false;
    if (resolver->asker != NULL) resolver->answered(resolver->asker, status, status == 0 ? found->ai_addr : NULL);
    uv_freeaddrinfo(found);
    resolver->idle(resolver->ctx);
}

int tcp_resolver_ask(struct tcp_resolver *resolver, const char *host,
                     void (*answered)(void *asker, int uv_error, const struct sockaddr *address), void *asker)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    resolver->request.data = resolver;
    int error = uv_getaddrinfo(resolver->loop, &resolver->request, on_answer, host, NULL, &hints);
    if (error != 0) return error;
    resolver->busy = true;
    resolver->answered = answered;
    resolver->asker = asker;
    return 0;
}

void tcp_resolver_cancel(struct tcp_resolver *resolver)
{
    resolver->asker = NULL;
    if (resolver->busy) (void)uv_cancel((uv_req_t *)&resolver->request);
}

void tcp_resolver_forget(struct tcp_resolver *resolver, const void *asker)
{
    if (resolver->asker == asker) resolver->asker = NULL;
}
