#include <stdio.h>

#include "reference/pages.h"
#include "stillwater/node_map.h"

struct row {
    unsigned address;
    const char *name, *type, *access, *text;
};

#define SW_NODE_INPUT(address, name, type, text) {address, #name, #type, "RO", text},
#define SW_NODE_HOLDING(address, name, type, access, text)
#define SW_NODE_SLOT_STATUS(offset, name, type, text)
#define SW_NODE_SLOT_BUS(offset, name, type, text)
#define SW_NODE_SLOT_CONFIG(offset, name, type, text)
static const struct row inputs[] = {
#include "stillwater/node_map.def"
};
#undef SW_NODE_INPUT
#define SW_NODE_INPUT(address, name, type, text)
#undef SW_NODE_HOLDING
#define SW_NODE_HOLDING(address, name, type, access, text) {address, #name, #type, #access, text},
static const struct row holdings[] = {
#include "stillwater/node_map.def"
};
#undef SW_NODE_HOLDING
#define SW_NODE_HOLDING(address, name, type, access, text)
#undef SW_NODE_SLOT_STATUS
#define SW_NODE_SLOT_STATUS(offset, name, type, text) {offset, #name, #type, "RO", text},
static const struct row slot_status[] = {
#include "stillwater/node_map.def"
};
#undef SW_NODE_SLOT_STATUS
#define SW_NODE_SLOT_STATUS(offset, name, type, text)
#undef SW_NODE_SLOT_BUS
#define SW_NODE_SLOT_BUS(offset, name, type, text) {offset, #name, #type, "RO", text},
static const struct row slot_bus[] = {
#include "stillwater/node_map.def"
};
#undef SW_NODE_SLOT_BUS
#define SW_NODE_SLOT_BUS(offset, name, type, text)
#undef SW_NODE_SLOT_CONFIG
#define SW_NODE_SLOT_CONFIG(offset, name, type, text) {offset, #name, #type, "LOCKED", text},
static const struct row slot_config[] = {
#include "stillwater/node_map.def"
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A bar would end the cell of the table. */
static void print_cell(const char *text)
{
    for (; *text != '\0'; text++)
        printf(*text == '|' ? "\\%c" : "%c", *text);
}

static void print_rows(const char *first_column, const struct row *rows, size_t count)
{
    printf("| %s | name | type | access | meaning |\n|---|---|---|---|---|\n", first_column);
    for (size_t i = 0; i < count; i++) {
        printf("| 0x%04x | %s | %s | %s | ", rows[i].address, rows[i].name, rows[i].type, rows[i].access);
        print_cell(rows[i].text);
        puts(" |");
    }
    puts("");
}

static void print_slot_rows(const char *title, unsigned base, unsigned stride, const struct row *rows, size_t count)
{
    printf("### %s\n\nSlot n (0..%u) starts at 0x%04x + n x %u.\n\n", title, SW_NODE_SLOT_COUNT - 1, base, stride);
    print_rows("offset", rows, count);
}

void print_registers(void)
{
    printf(
        "# Node registers, map version %u\n\n"
        "Made from `include/stillwater/node_map.def` by `stillwater-reference registers`; do not edit.\n\n"
        "Addresses are 0-based as on the wire. 32-bit values have the high word first. RO: read only. RW: read and\n"
        "write. WO: reads as 0. LOCKED: read only until UNLOCK has been written with 0x%04x, for %u s. Function codes\n"
        "03, 04, 06, 16 and 23; any other answers exception 01. An address not listed, or a write to a register that\n"
        "is read only at the moment, answers exception 02. A value out of range, part of a 32-bit value or part of a\n"
        "group that belongs together answers exception 03. A write that is refused has changed nothing. A broadcast\n"
        "(unit 0) can set the clock and nothing else.\n\n"
        "## Input registers (function code 04)\n\n",
        SW_NODE_MAP_VERSION, SW_NODE_UNLOCK_WORD, SW_NODE_UNLOCK_S);
    print_rows("address", inputs, COUNT_OF(inputs));
    print_slot_rows("Sensor slot: state and last value", SW_NODE_SLOT_STATUS_BASE, SW_NODE_SLOT_STATUS_STRIDE,
                    slot_status, COUNT_OF(slot_status));
    print_slot_rows("Sensor slot: its bus", SW_NODE_SLOT_BUS_BASE, SW_NODE_SLOT_BUS_STRIDE, slot_bus,
                    COUNT_OF(slot_bus));
    puts("## Holding registers (function codes 03, 06, 16, 23)\n");
    print_rows("address", holdings, COUNT_OF(holdings));
    print_slot_rows("Sensor slot: configuration", SW_NODE_SLOT_CONFIG_BASE, SW_NODE_SLOT_CONFIG_STRIDE, slot_config,
                    COUNT_OF(slot_config));
    printf("WINDOW holds a header of %u registers and up to %u records of %u registers each.\n", SW_NODE_WINDOW_HEADER,
           SW_NODE_WINDOW_RECORDS, (unsigned)SW_RECORD_REGISTERS);
}
