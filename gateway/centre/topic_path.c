#include "centre/topic_path.h"

#include <string.h>

/* Copies up to the next '/' or the end; the rest behind it, or NULL when the level does not fit. */
static const char *take_level(const char *at, char *level, size_t size)
{
    size_t length = strcspn(at, "/");
    if (length == 0 || length >= size) return NULL;
    memcpy(level, at, length);
    level[length] = '\0';
    return at + length + (at[length] == '/' ? 1 : 0);
}

struct topic_path topic_path_parse(const char *topic)
{
    struct topic_path path = {.branch = TOPIC_OTHER};
    char root[16], branch[16];
    const char *at = take_level(topic, root, sizeof root);
    if (at) at = take_level(at, path.city, sizeof path.city);
    if (at) at = take_level(at, path.gateway, sizeof path.gateway);
    if (!at || strcmp(root, SW_TOPIC_ROOT) != 0 || !sw_id_valid(path.city) || !sw_id_valid(path.gateway)) return path;
    if (strcmp(path.gateway, SW_TOPIC_CENTRE) == 0) {
        path.branch = TOPIC_CENTRE_RESULT;
        return path;
    }
    if (strcmp(at, SW_TOPIC_STATUS) == 0) {
        path.branch = TOPIC_STATUS;
        return path;
    }
    at = take_level(at, branch, sizeof branch);
    if (at && strcmp(branch, SW_TOPIC_AREA) == 0 && sw_area_path_valid(at)) {
        memcpy(path.area, at, strlen(at) + 1);
        path.branch = TOPIC_AREA;
        return path;
    }
    if (at && strcmp(branch, SW_TOPIC_STATE) == 0 && sw_id_valid(at)) path.branch = TOPIC_STATE;
    bool is_alert = at && strcmp(branch, SW_TOPIC_ALERT) == 0;
    if (!is_alert && (!at || strcmp(branch, SW_TOPIC_INCIDENT) != 0)) return path;
    const char *end = take_level(at, path.alert_id, sizeof path.alert_id);
    if (end && *end == '\0' && end[-1] != '/') path.branch = is_alert ? TOPIC_ALERT : TOPIC_INCIDENT;
    return path;
}
