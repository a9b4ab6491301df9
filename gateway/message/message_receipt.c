#include <string.h>

#include "message/message.h"
#include "message/message_json.h"
#include "stillwater/error.h"

#define RECEIPT_SIZE_MAX (MESSAGE_RECEIPT_MAX * (SW_ALERT_ID_SIZE + 64u) + 512u)

char *message_receipt_encode(const struct message_receipt *receipt)
{
    struct json_builder body = json_builder_new();
    json_add_string(&body, "schema", SW_SCHEMA_RECEIPT);
    json_add_string(&body, "centre", receipt->centre);
    json_add_time(&body, "time", receipt->time);
    json_t *list = json_array();
    for (uint32_t i = 0; i < receipt->count; i++) {
        struct json_builder object = json_builder_new();
        json_add_string(&object, "alert", receipt->items[i].alert_id);
        json_add_integer(&object, "revision", receipt->items[i].revision);
        if (object.failed) body.failed = true;
        if (json_array_append_new(list, object.root) != 0) body.failed = true;
    }
    json_add(&body, "stored", list);
    return json_builder_finish(&body);
}

static void read_item(struct json_reader *outer, json_t *value, size_t index, struct message_receipt_item *item)
{
    char text[160];
    struct json_reader reader = {value, text, sizeof text, false};
    static const char *const members[] = {"alert", "revision"};
    if (outer->failed) return;
    if (!json_is_object(value)) {
        json_reader_fail(outer, "stored[%zu]: expected an object", index);
        return;
    }
    json_read_only(&reader, members, sizeof members / sizeof members[0]);
    json_read_alert_id(&reader, "alert", JSON_REQUIRED, item->alert_id);
    json_read_count(&reader, "revision", JSON_REQUIRED, 1, &item->revision);
    if (reader.failed) json_reader_fail(outer, "stored[%zu].%s", index, text);
}

static void read_items(struct json_reader *reader, struct message_receipt *receipt)
{
    if (!json_read_present(reader, "stored", JSON_REQUIRED)) return;
    const json_t *list = json_object_get(reader->root, "stored");
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count == 0 || count > MESSAGE_RECEIPT_MAX) {
        json_reader_fail(reader, "stored: expected an array of 1 to %d", MESSAGE_RECEIPT_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++)
        read_item(reader, json_array_get(list, i), i, &receipt->items[receipt->count++]);
}

int message_receipt_decode(const char *payload, size_t size, struct message_receipt *receipt, char *text,
                           size_t text_size)
{
    static const char *const members[] = {"schema", "centre", "time", "stored"};
    memset(receipt, 0, sizeof *receipt);
    struct json_reader reader = json_reader_open(payload, size, RECEIPT_SIZE_MAX, SW_SCHEMA_RECEIPT, text, text_size);
    json_read_only(&reader, members, sizeof members / sizeof members[0]);
    json_read_id(&reader, "centre", JSON_REQUIRED, receipt->centre, sizeof receipt->centre);
    json_read_time(&reader, "time", &receipt->time);
    read_items(&reader, receipt);
    int error = json_reader_close(&reader);
    /* A receipt finishes rows for ever: one that is wrong anywhere counts for nothing. */
    if (error != SW_OK) memset(receipt, 0, sizeof *receipt);
    return error;
}
