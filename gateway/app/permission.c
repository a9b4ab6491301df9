#include "app/permission.h"

#include "app/log.h"

#define UNANSWERED_MAX 3u

static void give_up(struct permission *permission, const char *name, const char *why)
{
    permission->off = true;
    log_event(LOG_LEVEL_WARNING, name, "%s; none is published until the gateway is started again", why);
}

void permission_on_sent(struct permission *permission)
{
    if (!permission->taken) permission->probing = true;
}

void permission_on_done(struct permission *permission, bool taken, const char *name)
{
    permission->probing = false;
    if (taken) {
        permission->taken = true;
        permission->unanswered = 0;
    } else if (!permission->off) {
        give_up(permission, name, "the broker does not permit them");
    }
}

void permission_on_link(struct permission *permission, bool up, const char *name)
{
    if (!up && permission->probing && ++permission->unanswered == UNANSWERED_MAX && !permission->off)
        give_up(permission, name, "the broker closes the connection over them");
    permission->probing = permission->taken = false;
}
