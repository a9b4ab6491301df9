/* Receipts: what is taken, what is refused, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "message/message.h"
#include "stillwater/error.h"
#include "support/exact.h"

#define HEAD "{\"schema\":\"stillwater.receipt/1\",\"centre\":\"watch-northport\",\"time\":\"2026-11-22T03:40:00.000Z\""
#define ITEM "{\"alert\":\"gw-1.level.canal-3.20261122T034000000Z\",\"revision\":3}"

static int decode(const char *payload, struct message_receipt *receipt, char *text, size_t text_size)
{
    size_t size = strlen(payload);
    char *exact = exact_copy(payload, size);
    int error = message_receipt_decode(exact, size, receipt, text, text_size);
    free(exact);
    return error;
}

static void a_receipt_is_encoded_and_decoded(void **state)
{
    (void)state;
    const char payload[] = HEAD ",\"stored\":[" ITEM "," ITEM "]}";
    static struct message_receipt receipt;
    char text[256];
    assert_int_equal(decode(payload, &receipt, text, sizeof text), SW_OK);
    assert_string_equal(receipt.centre, "watch-northport");
    assert_int_equal(receipt.count, 2);
    assert_string_equal(receipt.items[1].alert_id, "gw-1.level.canal-3.20261122T034000000Z");
    assert_int_equal(receipt.items[1].revision, 3);
    char *body = message_receipt_encode(&receipt);
    assert_string_equal(body, payload);
    free(body);
}

static void the_largest_one_fits(void **state)
{
    (void)state;
    static struct message_receipt receipt = {.centre = "c", .count = MESSAGE_RECEIPT_MAX}, found;
    char text[256];
    for (uint32_t i = 0; i < MESSAGE_RECEIPT_MAX; i++) {
        memset(receipt.items[i].alert_id, 'a', SW_ALERT_ID_SIZE - 1);
        receipt.items[i].revision = UINT32_MAX;
    }
    char *body = message_receipt_encode(&receipt);
    assert_int_equal(decode(body, &found, text, sizeof text), SW_OK);
    assert_int_equal(found.count, MESSAGE_RECEIPT_MAX);
    free(body);
}

static void a_wrong_one_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *payload, *reason;
    } wrong[] = {
        {"[]", "found an array, expected an object"},
        {"{}", "schema: missing"},
        {HEAD "}", "stored: missing"},
        {HEAD ",\"stored\":{}}", "stored: expected an array of 1 to 100"},
        {HEAD ",\"stored\":[]}", "stored: expected an array of 1 to 100"},
        {HEAD ",\"stored\":[" ITEM ",7]}", "stored[1]: expected an object"},
        {HEAD ",\"stored\":[{\"alert\":\"a\"}]}", "stored[0].revision: missing"},
        {HEAD ",\"stored\":[{\"alert\":\"a\",\"revision\":0}]}", "stored[0].revision: found 0"},
        {HEAD ",\"stored\":[{\"alert\":\"a b\",\"revision\":1}]}", "stored[0].alert"},
        {HEAD ",\"stored\":[{\"alert\":\"a\",\"revision\":1,\"by\":\"o\"}]}", "stored[0].by: no such member"},
        {HEAD ",\"by\":\"o\",\"stored\":[" ITEM "]}", "by: no such member"},
    };
    static const struct message_receipt nothing;
    static struct message_receipt receipt;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[256] = "";
        assert_int_equal(decode(wrong[i].payload, &receipt, text, sizeof text), SW_ERROR_MESSAGE);
        if (strncmp(text, wrong[i].reason, strlen(wrong[i].reason)) != 0)
            fail_msg("%s: said \"%s\"", wrong[i].payload, text);
        assert_memory_equal(&receipt, &nothing, sizeof receipt);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_is_encoded_and_decoded),
        cmocka_unit_test(the_largest_one_fits),
        cmocka_unit_test(a_wrong_one_is_refused_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
