/* TLS settings of the gateway's connection, as an OpenSSL context that libmosquitto uses as it is.
 *
 * Why not mosquitto_tls_set(): the loop hands libmosquitto a numeric address, because it resolves names synchronously,
 * and its own check compares the certificate with what it was handed. In a context of our own the check is OpenSSL's,
 * against the name in the configuration, and so is the name sent to the broker (SNI). */
#ifndef GATEWAY_ADAPTERS_PUBLISHER_MQTT_TLS_CONTEXT_H
#define GATEWAY_ADAPTERS_PUBLISHER_MQTT_TLS_CONTEXT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/gateway_config.h"

#define TLS_REASON_SIZE 384

struct tls_context {
    SSL_CTX *context;             /* NULL = no TLS */
    char server_name[256];        /* "" where the configuration gives a numeric address: SNI has names only */
    char ca_file[256];            /* what the broker's certificate is checked with, for the people who wait */
    bool accepted;                /* the last handshake got as far as accepting the broker's certificate */
    char reason[TLS_REASON_SIZE]; /* why the broker's certificate was not accepted last; "" = it was */
};

/* Leaves context NULL where the configuration has no ca_file. `text` gets file and reason on error. The struct must not
 * move while a connection uses it. */
int tls_context_init(struct tls_context *tls, const struct config_mqtt *config, char *text, size_t text_size);
/* To where no connection uses one, from where none does. */
void tls_context_move(struct tls_context *tls, struct tls_context *from);
void tls_context_close(struct tls_context *tls);

#endif
