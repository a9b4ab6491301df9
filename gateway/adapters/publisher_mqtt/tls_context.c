#include "adapters/publisher_mqtt/tls_context.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "stillwater/error.h"

static bool is_numeric(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static int fail(const char *field, const char *file, const char *what, char *text, size_t text_size)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    (void)snprintf(text, text_size, "%s %s: %s%s%s", field, file, what, reason ? ": " : "", reason ? reason : "");
    ERR_clear_error();
    return SW_ERROR_CONFIG;
}

/* OpenSSL words a missing file in a roundabout way; the operating system does not. */
static int check_readable(const char *field, const char *file, char *text, size_t text_size)
{
    FILE *stream = fopen(file, "r");
    if (!stream) {
        (void)snprintf(text, text_size, "%s %s: %s", field, file, strerror(errno));
        return SW_ERROR_CONFIG;
    }
    (void)fclose(stream);
    return SW_OK;
}

static int load_authority(SSL_CTX *context, const char *file, char *text, size_t text_size)
{
    int error = check_readable("mqtt.tls.ca_file", file, text, text_size);
    if (error != SW_OK) return error;
    if (SSL_CTX_load_verify_file(context, file) != 1)
        return fail("mqtt.tls.ca_file", file, "holds no usable certificate", text, text_size);
    return SW_OK;
}

static int load_certificate(SSL_CTX *context, const char *file, const char *key_file, char *text, size_t text_size)
{
    int error = check_readable("mqtt.tls.certificate_file", file, text, text_size);
    if (error == SW_OK) error = check_readable("mqtt.tls.key_file", key_file, text, text_size);
    if (error != SW_OK) return error;
    if (SSL_CTX_use_certificate_chain_file(context, file) != 1)
        return fail("mqtt.tls.certificate_file", file, "holds no usable certificate", text, text_size);
    if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1)
        return fail("mqtt.tls.key_file", key_file, "holds no key that fits the certificate", text, text_size);
    return SW_OK;
}

/* Called for each certificate of the broker's chain. Keeps the first reason against it for the people who wait. */
static int note_verification(int accepted, X509_STORE_CTX *store)
{
    const SSL *ssl = (const SSL *)X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_context *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if (!accepted && tls->reason[0] == '\0')
        (void)snprintf(tls->reason, sizeof tls->reason, "%s; checked with mqtt.tls.ca_file %s",
                       X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)), tls->ca_file);
    if (accepted && X509_STORE_CTX_get_error_depth(store) == 0) tls->accepted = true;
    return accepted;
}

/* libmosquitto has just set the numeric address as the name to send; the handshake has not begun. OpenSSL declares the
 * connection const here although it hands out its own, changeable one. */
static void set_server_name(const SSL *ssl, int where, int value)
{
    (void)value;
    if ((where & SSL_CB_HANDSHAKE_START) == 0) return;
    struct tls_context *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    tls->reason[0] = '\0';
    tls->accepted = false;
    SSL *own = (SSL *)(uintptr_t)ssl;
    char *name = tls->server_name[0] != '\0' ? tls->server_name : NULL;
    (void)SSL_ctrl(own, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name);
}

static int expect_host(struct tls_context *tls, const char *host)
{
    X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(tls->context);
    if (is_numeric(host))
        return X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1 ? SW_OK : SW_ERROR_INVALID_ARGUMENT;
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    (void)snprintf(tls->server_name, sizeof tls->server_name, "%s", host);
    return X509_VERIFY_PARAM_set1_host(parameters, host, 0) == 1 ? SW_OK : SW_ERROR_INVALID_ARGUMENT;
}

static int set_up(struct tls_context *tls, const struct config_mqtt *config, char *text, size_t text_size)
{
    if (SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1 || expect_host(tls, config->host) != SW_OK)
        return fail("mqtt.host", config->host, "cannot be used with TLS", text, text_size);
    SSL_CTX_set_app_data(tls->context, tls);
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, note_verification);
    SSL_CTX_set_info_callback(tls->context, set_server_name);
    /* libmosquitto may repeat a write with its buffer moved, and writes what the socket takes. */
    SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    (void)snprintf(tls->ca_file, sizeof tls->ca_file, "%s", config->ca_file);
    int error = load_authority(tls->context, config->ca_file, text, text_size);
    if (error == SW_OK && config->certificate_file)
        error = load_certificate(tls->context, config->certificate_file, config->key_file, text, text_size);
    return error;
}

int tls_context_init(struct tls_context *tls, const struct config_mqtt *config, char *text, size_t text_size)
{
    memset(tls, 0, sizeof *tls);
    if (!config->ca_file) {
        if (!config->certificate_file && !config->key_file) return SW_OK;
        (void)snprintf(text, text_size, "mqtt.tls.ca_file: missing, but a client certificate needs TLS");
        return SW_ERROR_CONFIG;
    }
    if ((config->certificate_file != NULL) != (config->key_file != NULL)) {
        (void)snprintf(text, text_size, "mqtt.tls.certificate_file and mqtt.tls.key_file: expected both or neither");
        return SW_ERROR_CONFIG;
    }
    tls->context = SSL_CTX_new(TLS_client_method());
    if (!tls->context) {
        (void)snprintf(text, text_size, "TLS: no memory for a context");
        return SW_ERROR_SYSTEM;
    }
    int error = set_up(tls, config, text, text_size);
    if (error != SW_OK) tls_context_close(tls);
    return error;
}

void tls_context_move(struct tls_context *tls, struct tls_context *from)
{
    *tls = *from;
    from->context = NULL;
    if (tls->context) SSL_CTX_set_app_data(tls->context, tls);
}

void tls_context_close(struct tls_context *tls)
{
    SSL_CTX_free(tls->context);
    tls->context = NULL;
}
