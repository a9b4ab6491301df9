#include "centre/connection.h"

#include <MQTTClient.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/password_file.h"
#include "stillwater/error.h"
#include "stillwater/topics.h"

#define KEEPALIVE_S       20
#define CONNECT_TIMEOUT_S 4

struct connection {
    MQTTClient client;
    const struct broker_options *broker;
    char *password;
    bool keep_session;
    char tls_error[128]; /* OpenSSL's last word; "" where there was none */
};

/* paho says only "failed" of a file it cannot read, and says it at each connect. */
static int check_readable(const char *option, const char *file, char *text, size_t text_size)
{
    FILE *stream = file ? fopen(file, "r") : NULL;
    if (file && !stream) {
        (void)snprintf(text, text_size, "%s %s: %s", option, file, strerror(errno));
        return SW_ERROR_CONFIG;
    }
    if (stream) (void)fclose(stream);
    return SW_OK;
}

struct connection *connection_new(const struct broker_options *broker, const char *client_id, bool keep_session,
                                  char *text, size_t text_size)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        (void)snprintf(text, text_size, "no memory");
        return NULL;
    }
    connection->broker = broker;
    connection->keep_session = keep_session;
    int error = broker->password_file ? password_file_read("--password-file", broker->password_file,
                                                           &connection->password, text, text_size)
                                      : SW_OK;
    if (error == SW_OK) error = check_readable("--ca-file", broker->ca_file, text, text_size);
    if (error == SW_OK) error = check_readable("--certificate-file", broker->certificate_file, text, text_size);
    if (error == SW_OK) error = check_readable("--key-file", broker->key_file, text, text_size);
    MQTTClient_createOptions version = MQTTClient_createOptions_initializer;
    version.MQTTVersion = MQTTVERSION_5;
    if (error == SW_OK && MQTTClient_createWithOptions(&connection->client, broker->uri, client_id,
                                                       MQTTCLIENT_PERSISTENCE_NONE, NULL, &version) != 0) {
        (void)snprintf(text, text_size, "%s: no client can be made for it", broker->uri);
        error = SW_ERROR_SYSTEM;
    }
    if (error == SW_OK) return connection;
    connection_free(connection);
    return NULL;
}

void connection_free(struct connection *connection)
{
    if (!connection) return;
    if (connection->client) {
        if (MQTTClient_isConnected(connection->client))
            (void)MQTTClient_disconnect5(connection->client, 1000, MQTTREASONCODE_SUCCESS, NULL);
        MQTTClient_destroy(&connection->client);
    }
    free(connection->password);
    free(connection);
}

static int add_string(MQTTProperties *properties, enum MQTTPropertyCodes code, const char *value)
{
    /* paho copies the bytes but declares them changeable. */
    MQTTProperty property = {.identifier = code};
    property.value.data.data = strdup(value);
    property.value.data.len = (int)strlen(value);
    int error = property.value.data.data ? MQTTProperties_add(properties, &property) : -1;
    free(property.value.data.data);
    return error;
}

static void explain(const struct connection *connection, int code, char *text, size_t text_size)
{
    /* Reason codes of MQTT 5 are positive, paho's own errors negative. */
    const struct broker_options *broker = connection->broker;
    const char *reason = code > 0 ? MQTTReasonCode_toString((enum MQTTReasonCodes)code) : MQTTClient_strerror(code);
    if (code <= 0 && connection->tls_error[0] != '\0')
        (void)snprintf(text, text_size, "%s: cannot connect: %s; checked with --ca-file %s", broker->uri,
                       connection->tls_error, broker->ca_file);
    else if (code <= 0 && broker->ca_file)
        (void)snprintf(text, text_size,
                       "%s: cannot connect with TLS: nobody is there, the broker's certificate is for another name, or "
                       "--ca-file, --certificate-file or --key-file is not a PEM file that it accepts",
                       broker->uri);
    else
        (void)snprintf(
            text, text_size, "%s: %s%s", broker->uri,
            code > 0 ? "the broker refused the connection: " : "cannot connect: ", reason ? reason : "no reason");
}

/* One of OpenSSL's errors, "thread:error:code:library:function:reason:file:line:more": the reason of it. */
static int note_tls_error(const char *line, size_t size, void *ctx)
{
    struct connection *connection = ctx;
    const char *end = line + size;
    for (int field = 0; field < 5 && line < end; field++) {
        const char *colon = memchr(line, ':', (size_t)(end - line));
        line = colon ? colon + 1 : end;
    }
    const char *colon = memchr(line, ':', (size_t)(end - line));
    (void)snprintf(connection->tls_error, sizeof connection->tls_error, "%.*s", (int)((colon ? colon : end) - line),
                   line);
    return 1;
}

/* The reason code of the broker, or paho's error. */
static int connect_once(struct connection *connection)
{
    const struct broker_options *broker = connection->broker;
    MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer5;
    MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
    MQTTProperties properties = MQTTProperties_initializer;
    options.keepAliveInterval = KEEPALIVE_S;
    options.connectTimeout = CONNECT_TIMEOUT_S;
    options.cleanstart = connection->keep_session ? 0 : 1;
    options.username = broker->username;
    options.password = connection->password;
    tls.trustStore = broker->ca_file;
    tls.keyStore = broker->certificate_file;
    tls.privateKey = broker->key_file;
    tls.sslVersion = MQTT_SSL_VERSION_TLS_1_2;
    tls.verify = 1;
    tls.ssl_error_cb = note_tls_error;
    tls.ssl_error_context = connection;
    connection->tls_error[0] = '\0';
    if (broker->ca_file) options.ssl = &tls;
    MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL};
    expiry.value.integer4 = connection->keep_session ? CONNECTION_SESSION_S : 0;
    (void)MQTTProperties_add(&properties, &expiry);
    MQTTResponse response = MQTTClient_connect5(connection->client, &options, &properties, NULL);
    MQTTProperties_free(&properties);
    int code = (int)response.reasonCode;
    MQTTResponse_free(response);
    return code;
}

static int subscribe_one(struct connection *connection, const char *topic, int qos, char *text, size_t text_size)
{
    MQTTSubscribe_options options = MQTTSubscribe_options_initializer;
    MQTTResponse response = MQTTClient_subscribe5(connection->client, topic, qos, &options, NULL);
    int code = (int)response.reasonCode;
    MQTTResponse_free(response);
    if (code == 0 || code == 1) return SW_OK;
    (void)snprintf(text, text_size, "%s: the broker refuses subscribing to %s: %s", connection->broker->uri, topic,
                   code > 0 ? MQTTReasonCode_toString((enum MQTTReasonCodes)code) : MQTTClient_strerror(code));
    return SW_ERROR_BROKER;
}

int connection_subscribe_live(struct connection *connection, const char *topic, char *text, size_t text_size)
{
    return subscribe_one(connection, topic, 0, text, text_size);
}

static int subscribe(struct connection *connection, const char *const *topics, size_t count, char *text,
                     size_t text_size)
{
    for (size_t i = 0; i < count; i++) {
        if (subscribe_one(connection, topics[i], 1, text, text_size) == SW_OK) continue;
        (void)MQTTClient_disconnect5(connection->client, 1000, MQTTREASONCODE_SUCCESS, NULL);
        return SW_ERROR_BROKER;
    }
    return SW_OK;
}

int connection_connect(struct connection *connection, const char *const *topics, size_t topic_count, char *text,
                       size_t text_size)
{
    int code = connect_once(connection);
    if (code != 0) {
        explain(connection, code, text, text_size);
        return SW_ERROR_BROKER;
    }
    return subscribe(connection, topics, topic_count, text, text_size);
}

static void read_correlation(MQTTClient_message *inner, char correlation[CONNECTION_CORRELATION_SIZE])
{
    correlation[0] = '\0';
    MQTTProperty *found = MQTTProperties_getProperty(&inner->properties, MQTTPROPERTY_CODE_CORRELATION_DATA);
    if (!found || found->value.data.len != CONNECTION_CORRELATION_SIZE - 1) return;
    memcpy(correlation, found->value.data.data, CONNECTION_CORRELATION_SIZE - 1);
    correlation[CONNECTION_CORRELATION_SIZE - 1] = '\0';
}

static void read_response_topic(MQTTClient_message *inner, char topic[SW_TOPIC_SIZE])
{
    topic[0] = '\0';
    MQTTProperty *found = MQTTProperties_getProperty(&inner->properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC);
    if (!found || found->value.data.len < 0 || (size_t)found->value.data.len >= SW_TOPIC_SIZE) return;
    memcpy(topic, found->value.data.data, (size_t)found->value.data.len);
    topic[found->value.data.len] = '\0';
}

int connection_receive(struct connection *connection, unsigned timeout_ms, struct connection_message *message)
{
    MQTTClient_message *inner = NULL;
    int topic_length = 0;
    *message = (struct connection_message){0};
    int code = MQTTClient_receive(connection->client, &message->topic, &topic_length, &inner, timeout_ms);
    if (inner) {
        message->payload = inner->payload;
        message->size = (size_t)inner->payloadlen;
        message->inner = inner;
        read_response_topic(inner, message->response_topic);
        read_correlation(inner, message->correlation);
        return 1;
    }
    bool lost = code != MQTTCLIENT_SUCCESS || !MQTTClient_isConnected(connection->client);
    return lost ? SW_ERROR_BROKER : 0;
}

void connection_release(struct connection_message *message)
{
    MQTTClient_message *inner = message->inner;
    if (inner) MQTTClient_freeMessage(&inner);
    MQTTClient_free(message->topic);
    *message = (struct connection_message){0};
}

/* Takes the properties over. */
static int publish(struct connection *connection, const char *topic, const char *body, int qos, bool retained,
                   MQTTProperties *properties, MQTTClient_deliveryToken *token)
{
    MQTTClient_message message = MQTTClient_message_initializer;
    char *copy = strdup(body);
    int error = copy ? add_string(properties, MQTTPROPERTY_CODE_CONTENT_TYPE, SW_CONTENT_TYPE_JSON) : -1;
    if (error == 0) {
        message.properties = *properties;
        message.payload = copy;
        message.payloadlen = (int)strlen(body);
        message.qos = qos;
        message.retained = retained ? 1 : 0;
        MQTTResponse response = MQTTClient_publishMessage5(connection->client, topic, &message, token);
        error = (int)response.reasonCode;
        MQTTResponse_free(response);
    }
    MQTTProperties_free(properties);
    free(copy);
    return error == 0 ? SW_OK : SW_ERROR_BROKER;
}

int connection_request(struct connection *connection, const char *topic, const char *body, const char *response_topic,
                       const char *correlation)
{
    MQTTProperties properties = MQTTProperties_initializer;
    int error = add_string(&properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC, response_topic);
    if (error == 0) error = add_string(&properties, MQTTPROPERTY_CODE_CORRELATION_DATA, correlation);
    if (error == 0) return publish(connection, topic, body, 1, false, &properties, NULL);
    MQTTProperties_free(&properties);
    return SW_ERROR_BROKER;
}

int connection_tell(struct connection *connection, const char *topic, const char *body)
{
    MQTTProperties properties = MQTTProperties_initializer;
    return publish(connection, topic, body, 0, false, &properties, NULL);
}

int connection_retain(struct connection *connection, const char *topic, const char *body, unsigned timeout_ms)
{
    MQTTProperties properties = MQTTProperties_initializer;
    MQTTClient_deliveryToken token = 0;
    int error = publish(connection, topic, body, 1, true, &properties, &token);
    if (error != SW_OK) return error;
    return MQTTClient_waitForCompletion(connection->client, token, timeout_ms) == MQTTCLIENT_SUCCESS ? SW_OK
                                                                                                     : SW_ERROR_BROKER;
}
