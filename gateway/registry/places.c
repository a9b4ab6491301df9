#include "registry/places.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config_problems.h"
#include "message/message_text.h"
#include "stillwater/error.h"

#define FILE_SIZE_MAX (256 * 1024 * 1024) /* some hundred thousand places */
#define PROBLEMS_MAX  20u                 /* more of a file that is all wrong help nobody */
#define FIELD_SIZE    64
#define CAPACITY_MAX  1000000

struct load {
    struct config_problems problems;
    struct places *places;
    bool out_of_memory;
};

/* A feature, and what is said of it. */
struct feature {
    struct load *load;
    size_t index;
    const json_t *properties;
};

__attribute__((format(printf, 3, 4))) static void complain(const struct feature *feature, const char *member,
                                                           const char *format, ...)
{
    char field[FIELD_SIZE], text[512];
    va_list arguments;
    if (feature->load->problems.count >= PROBLEMS_MAX) return;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)snprintf(field, sizeof field, "features[%zu]%s", feature->index, member);
    config_problem(&feature->load->problems, 0, field, "%s", text);
}

static char *copy(struct load *load, const char *text)
{
    char *made = strdup(text);
    if (!made) load->out_of_memory = true;
    return made;
}

/* Whoever writes latitude first is told so where the figures show it. */
static bool read_point(const struct feature *feature, const json_t *geometry, struct globe_point *at)
{
    const char *type = json_string_value(json_object_get(geometry, "type"));
    const json_t *pair = json_object_get(geometry, "coordinates");
    const json_t *east = json_array_get(pair, 0), *north = json_array_get(pair, 1);
    if (!type || strcmp(type, "Point") != 0) {
        complain(feature, ".geometry.type", "found \"%.32s\"; expected \"Point\"", type ? type : "");
        return false;
    }
    if (!json_is_number(east) || !json_is_number(north) || json_array_size(pair) > 3) {
        complain(feature, ".geometry.coordinates", "expected [longitude, latitude]: two numbers");
        return false;
    }
    double longitude = json_number_value(east), latitude = json_number_value(north);
    bool is_point = longitude >= -180 && longitude <= 180 && latitude >= -90 && latitude <= 90;
    bool is_swapped = latitude >= -180 && latitude <= 180 && longitude >= -90 && longitude <= 90;
    if (!is_point)
        complain(feature, ".geometry.coordinates",
                 "found [%g, %g]; expected longitude -180 to 180, latitude -90 to 90%s", longitude, latitude,
                 is_swapped ? ": longitude comes first" : "");
    *at = globe_point(latitude, longitude);
    return is_point;
}

static bool read_kind(const struct feature *feature, enum sw_place_kind *kind)
{
    char known[128] = "";
    const char *name = json_string_value(json_object_get(feature->properties, "kind"));
    *kind = sw_place_kind_from_name(name ? name : "");
    if (*kind != SW_PLACE_KIND_COUNT) return true;
    size_t used = 0;
    for (int i = 0; i < SW_PLACE_KIND_COUNT; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 sw_place_kind_name((enum sw_place_kind)i));
    complain(feature, ".properties.kind", "found \"%.32s\"; expected one of %s", name ? name : "", known);
    return false;
}

static bool read_id(const struct feature *feature, char **id)
{
    const char *text = json_string_value(json_object_get(feature->properties, "id"));
    if (!text || !sw_id_valid(text)) {
        complain(feature, ".properties.id",
                 "found \"%.64s\"; expected an id: 1 to %d of A-Z a-z 0-9 - _ and '.', the first a letter or digit",
                 text ? text : "", SW_ID_LENGTH_MAX);
        return false;
    }
    *id = copy(feature->load, text);
    return *id != NULL;
}

/* A text for people; *text stays NULL where there is none. */
static bool read_text(const struct feature *feature, const char *name, char **text)
{
    char member[FIELD_SIZE / 2];
    const json_t *value = json_object_get(feature->properties, name);
    if (!value) return true;
    size_t length = json_string_length(value);
    if (length == 0 || length >= SW_PLACE_NAME_SIZE ||
        message_text_clean_length(json_string_value(value), length) != length) {
        (void)snprintf(member, sizeof member, ".properties.%s", name);
        complain(feature, member, "expected a text of 1 to %d bytes without control characters",
                 SW_PLACE_NAME_SIZE - 1);
        return false;
    }
    *text = copy(feature->load, json_string_value(value));
    return *text != NULL;
}

static bool read_capacity(const struct feature *feature, uint32_t *capacity)
{
    const json_t *value = json_object_get(feature->properties, "capacity");
    if (!value) return true;
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 1 || number > CAPACITY_MAX) {
        complain(feature, ".properties.capacity", "expected an integer from 1 to %d", CAPACITY_MAX);
        return false;
    }
    *capacity = (uint32_t)number;
    return true;
}

static void free_place(struct near_place *place)
{
    free((char *)(uintptr_t)place->id);
    free((char *)(uintptr_t)place->name);
    free((char *)(uintptr_t)place->hours);
}

/* All that is wrong with it is told at once. */
static void read_feature(struct load *load, size_t index, const json_t *value)
{
    const char *type = json_string_value(json_object_get(value, "type"));
    struct feature feature = {load, index, json_object_get(value, "properties")};
    struct near_place place = {.id = NULL};
    char *id = NULL, *name = NULL, *hours = NULL;
    if (!type || strcmp(type, "Feature") != 0 || !json_is_object(feature.properties)) {
        complain(&feature, "", "expected a Feature with properties");
        return;
    }
    bool good = read_point(&feature, json_object_get(value, "geometry"), &place.at);
    good = read_id(&feature, &id) && good;
    good = read_kind(&feature, &place.kind) && good;
    good = read_text(&feature, "name", &name) && good;
    good = read_text(&feature, "hours", &hours) && good;
    good = read_capacity(&feature, &place.capacity) && good;
    place.id = id;
    place.name = name;
    place.hours = hours;
    if (good)
        load->places->list[load->places->count++] = place;
    else
        free_place(&place);
}

struct numbered {
    const char *id;
    uint32_t index;
};

static int by_id(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    if (order == 0) order = x->index < y->index ? -1 : 1;
    return order;
}

/* Only where every feature is good: the index of a place is that of its feature then. */
static void check_ids(struct load *load)
{
    const struct places *places = load->places;
    struct numbered *list = calloc(places->count + 1, sizeof *list);
    if (!list) {
        load->out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < places->count; i++)
        list[i] = (struct numbered){places->list[i].id, i};
    qsort(list, places->count, sizeof *list, by_id);
    for (uint32_t i = 1; i < places->count; i++) {
        struct feature feature = {.load = load, .index = list[i].index};
        if (strcmp(list[i].id, list[i - 1].id) == 0)
            complain(&feature, ".properties.id", "%s is the id of features[%u] already; expected an id used once",
                     list[i].id, list[i - 1].index);
    }
    free(list);
}

static void read_all(struct load *load, const json_t *root)
{
    const char *type = json_string_value(json_object_get(root, "type"));
    const json_t *features = json_object_get(root, "features");
    if (!type || strcmp(type, "FeatureCollection") != 0 || !json_is_array(features)) {
        config_problem(&load->problems, 0, "", "expected a FeatureCollection of GeoJSON (RFC 7946)");
        return;
    }
    size_t count = json_array_size(features);
    load->places->list = calloc(count + 1, sizeof *load->places->list);
    load->out_of_memory = load->places->list == NULL;
    for (size_t i = 0; i < count && !load->out_of_memory; i++)
        read_feature(load, i, json_array_get(features, i));
    if (load->problems.count == 0 && !load->out_of_memory) check_ids(load);
}

static json_t *parse(struct load *load, const char *file)
{
    json_error_t error;
    struct stat status;
    if (stat(file, &status) == 0 && (!S_ISREG(status.st_mode) || status.st_size > FILE_SIZE_MAX)) {
        config_problem(&load->problems, 0, "", "expected a file of at most %d bytes", FILE_SIZE_MAX);
        return NULL;
    }
    json_t *root = json_load_file(file, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        config_problem(&load->problems, error.line > 0 ? (unsigned)error.line : 0, "",
                       "not JSON: %s; expected a GeoJSON file", error.text);
    return root;
}

int places_load(const char *file, struct config_report report, struct places *places)
{
    struct load load = {.problems = {report, file, 0}, .places = places};
    *places = (struct places){.list = NULL};
    json_t *root = parse(&load, file);
    if (root) read_all(&load, root);
    json_decref(root);
    if (load.out_of_memory) config_problem(&load.problems, 0, "", "no memory for the places");
    if (load.problems.count > 0) {
        places_free(places);
        return SW_ERROR_CONFIG;
    }
    near_build(&places->near, places->list, places->count);
    return SW_OK;
}

void places_free(struct places *places)
{
    for (uint32_t i = 0; i < places->count; i++)
        free_place(&places->list[i]);
    free(places->list);
    *places = (struct places){.list = NULL};
}
