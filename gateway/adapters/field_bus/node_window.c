#include "node_window.h"

#include "stillwater/byte_cursor.h"
#include "stillwater/error.h"

/* A sequence outside what the header says the node holds, or not above the one before it, would make an acknowledge of
 * it release records nobody has seen. */
static bool in_order(const struct node_window *window, const struct sw_record *record)
{
    if (record->sequence < window->header.oldest || record->sequence > window->header.newest) return false;
    return window->count == 0 || record->sequence > window->records[window->count - 1].sequence;
}

static void decode_records(struct sw_reader *in, struct node_window *window)
{
    for (uint16_t i = 0; i < window->header.count; i++) {
        struct sw_record record;
        if (sw_record_decode(in, &record) != SW_OK || !in_order(window, &record)) {
            window->malformed = true;
            return;
        }
        window->records[window->count++] = record;
    }
}

int node_window_decode(const uint16_t registers[SW_NODE_WINDOW_REGISTERS], struct node_window *window)
{
    uint8_t bytes[2 * SW_NODE_WINDOW_REGISTERS];
    struct sw_writer out = sw_writer_over(bytes, sizeof bytes);
    for (unsigned i = 0; i < SW_NODE_WINDOW_REGISTERS; i++)
        sw_write_u16(&out, registers[i]);

    *window = (struct node_window){.count = 0};
    struct sw_reader in = sw_reader_over(bytes, sizeof bytes);
    int error = sw_node_window_header_decode(&in, &window->header);
    if (error != SW_OK) return error;
    decode_records(&in, window);
    const struct sw_node_window_header *header = &window->header;
    if (window->count > 0)
        window->drained = !window->malformed && window->records[window->count - 1].sequence == header->newest;
    else
        window->drained = !window->malformed && header->oldest > header->newest;
    return SW_OK;
}
