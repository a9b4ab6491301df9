#include "config/config_rules_transport.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HEX_PREFIX "hex:"

static uint8_t parse_hex(const char *text, uint8_t bytes[CONFIG_REGISTRATION_MAX])
{
    size_t size = 0;
    for (;;) {
        unsigned value;
        text += strspn(text, " ");
        if (*text == '\0') return (uint8_t)size;
        if (size == CONFIG_REGISTRATION_MAX || !isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
            return 0;
        (void)sscanf(text, "%2x", &value);
        bytes[size++] = (uint8_t)value;
        text += 2;
    }
}

uint8_t config_registration_parse(const char *text, uint8_t bytes[CONFIG_REGISTRATION_MAX])
{
    if (strncmp(text, HEX_PREFIX, strlen(HEX_PREFIX)) == 0) return parse_hex(text + strlen(HEX_PREFIX), bytes);
    size_t size = strlen(text);
    if (size > CONFIG_REGISTRATION_MAX) return 0;
    memcpy(bytes, text, size);
    return (uint8_t)size;
}

struct rules {
    const struct gateway_config *config;
    struct config_document *document;
    struct config_problems *problems;
};

__attribute__((format(printf, 4, 5))) static void report(const struct rules *rules, uint32_t line, const char *key,
                                                         const char *format, ...)
{
    char path[CONFIG_PATH_SIZE];
    va_list arguments;
    snprintf(path, sizeof path, "lines[%u].%s", line, key);
    va_start(arguments, format);
    config_document_problem(rules->document, rules->problems, path, format, arguments);
    va_end(arguments);
}

static const char *const transport_names[] = {[CONFIG_RTU] = "rtu",
                                              [CONFIG_TCP] = "tcp",
                                              [CONFIG_RTU_OVER_TCP] = "rtu_over_tcp",
                                              [CONFIG_RTU_OVER_TCP_LISTEN] = "rtu_over_tcp_listen"};

#define ONLY(transport) (1u << (transport))

/* A key that means nothing on its line would be believed to do something. */
static void check_keys(const struct rules *rules, uint32_t index, const struct raw_line *raw)
{
    const unsigned serial = ONLY(CONFIG_RTU), dialled = ONLY(CONFIG_TCP) | ONLY(CONFIG_RTU_OVER_TCP);
    const unsigned listening = ONLY(CONFIG_RTU_OVER_TCP_LISTEN);
    const struct {
        const char *name;
        bool given, required;
        unsigned transports; /* that have it */
    } keys[] = {
        {"port", raw->port != NULL, true, serial},
        {"baud", raw->baud != NULL, false, serial | listening | ONLY(CONFIG_RTU_OVER_TCP)},
        {"parity", raw->parity != NULL, false, serial},
        {"stop_bits", raw->stop_bits != NULL, false, serial},
        {"host", raw->host != NULL, true, dialled},
        {"tcp_port", raw->tcp_port != NULL, false, dialled | listening},
        {"listen", raw->listen != NULL, false, listening},
        {"registration", raw->registration != NULL, true, listening},
        {"outstanding", raw->outstanding != NULL, false, ONLY(CONFIG_TCP)},
        {"trip_ms", raw->trip_ms != NULL, false, dialled | listening},
    };
    enum config_transport transport = rules->config->lines[index].transport;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        bool fits = (keys[i].transports & ONLY(transport)) != 0;
        if (keys[i].given && !fits)
            report(rules, index, keys[i].name, "found it with transport %s; expected no such key there",
                   transport_names[transport]);
        if (!keys[i].given && fits && keys[i].required)
            report(rules, index, keys[i].name, "key is missing; expected with transport %s",
                   transport_names[transport]);
    }
}

static void check_listen(const struct rules *rules, uint32_t index)
{
    const struct config_line *line = &rules->config->lines[index];
    uint8_t address[sizeof(struct in6_addr)];
    if (!line->listen || inet_pton(AF_INET, line->listen, address) == 1 ||
        inet_pton(AF_INET6, line->listen, address) == 1)
        return;
    report(rules, index, "listen", "found %s; expected an IPv4 or IPv6 address", line->listen);
}

/* Of two that begin alike, the longer one would never be seen whole. */
static bool begin_alike(const struct config_line *line, const struct config_line *other)
{
    uint8_t size =
        line->registration_size < other->registration_size ? line->registration_size : other->registration_size;
    return size > 0 && memcmp(line->registration, other->registration, size) == 0;
}

static bool same_text(const char *text, const char *other)
{
    return text && other && strcmp(text, other) == 0;
}

static void check_pair(const struct rules *rules, uint32_t index, uint32_t before)
{
    const struct config_line *line = &rules->config->lines[index], *other = &rules->config->lines[before];
    if (same_text(line->port, other->port))
        report(rules, index, "port", "%s is the port of lines[%u] already; expected one line for each port", line->port,
               before);
    if (line->tcp_port != other->tcp_port) return;
    if (same_text(line->host, other->host))
        report(rules, index, "host", "%s:%u is dialled for lines[%u] already; expected one line for each", line->host,
               line->tcp_port, before);
    if (same_text(line->listen, other->listen) && begin_alike(line, other))
        report(rules, index, "registration", "begins as that of lines[%u]; expected packets that can be told apart",
               before);
}

static void check_units(const struct rules *rules, uint32_t index)
{
    const struct config_line *line = &rules->config->lines[index];
    for (uint32_t i = 0; i < line->device_count; i++) {
        char key[64];
        uint8_t unit_id = line->devices[i].unit_id;
        bool whole = line->transport == CONFIG_TCP && (unit_id == 0 || unit_id == 255);
        if (whole || (unit_id >= 1 && unit_id <= 247)) continue;
        snprintf(key, sizeof key, "devices[%u].unit_id", i);
        report(rules, index, key, "found %u; expected an integer from 1 to 247%s", unit_id,
               line->transport == CONFIG_TCP ? ", or 0 or 255" : "");
    }
}

void config_rules_transport_check(const struct gateway_config *config, const struct raw_config *raw,
                                  struct config_document *document, struct config_problems *problems)
{
    struct rules rules = {config, document, problems};
    for (uint32_t i = 0; i < config->line_count; i++) {
        check_keys(&rules, i, &raw->lines[i]);
        check_listen(&rules, i);
        check_units(&rules, i);
        for (uint32_t before = 0; before < i; before++)
            check_pair(&rules, i, before);
    }
}
