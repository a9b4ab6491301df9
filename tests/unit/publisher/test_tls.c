/* TLS: who is let in, who is believed, and what is said when not. */
#include "rig.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char *file_in(const struct broker *broker, const char *name)
{
    char path[128];
    broker_path(broker, name, path);
    return strdup(path);
}

static void open_with(struct broker *broker, const char *server)
{
    char settings[512];
    (void)snprintf(settings, sizeof settings,
                   "cafile %%s/ca.pem\ncertfile %%s/%s.pem\nkeyfile %%s/%s.key\nrequire_certificate true\n"
                   "use_identity_as_username true\nallow_anonymous false\n",
                   server, server);
    broker_prepare(broker, settings);
    broker_make_certificates(broker);
    broker_run(broker);
}

/* Keeps the names; NULL = none. */
static void set_certificate(struct rig *rig, char *certificate, char *key)
{
    free(rig->config.mqtt.certificate_file);
    free(rig->config.mqtt.key_file);
    rig->config.mqtt.certificate_file = certificate;
    rig->config.mqtt.key_file = key;
}

static void init_with(struct rig *rig, const struct broker *broker, const char *host, const char *authority)
{
    rig_init(rig, broker->port);
    free(rig->config.mqtt.host);
    rig->config.mqtt.host = strdup(host);
    rig->config.mqtt.ca_file = file_in(broker, authority);
    set_certificate(rig, file_in(broker, "client.pem"), file_in(broker, "client.key"));
}

static void assert_goes_down(struct rig *rig, const char *text)
{
    rig_start(rig);
    rig_run_until(rig, rig_is_down);
    rig_assert_text(rig, text);
    rig_close(rig, NULL);
}

static bool one_is_taken(struct rig *rig)
{
    return rig->taken_count >= 1;
}

static void a_client_certificate_lets_the_gateway_in(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    const char *const hosts[] = {"localhost", "127.0.0.1"};
    open_with(&broker, "server");
    for (int i = 0; i < 2; i++) {
        init_with(&rig, &broker, hosts[i], "ca.pem");
        rig_start(&rig);
        rig_run_until(&rig, rig_is_up);
        rig_assert_text(&rig, "with TLS");
        assert_int_equal(publisher_send(rig.publisher, "stillwater/northport/gw-1/alert/a", "{}", 1, false), SW_OK);
        rig_run_until(&rig, one_is_taken);
        rig_close(&rig, "{}");
    }
    broker_close(&broker);
}

static void a_broker_of_another_authority_is_not_believed(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    open_with(&broker, "server");
    init_with(&rig, &broker, "localhost", "other-ca.pem");
    assert_goes_down(&rig, "self-signed certificate in certificate chain; checked with mqtt.tls.ca_file ");
    broker_close(&broker);
}

static void a_broker_of_another_name_is_not_believed(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    open_with(&broker, "misnamed");
    init_with(&rig, &broker, "localhost", "ca.pem");
    assert_goes_down(&rig, "the broker's certificate is not accepted: hostname mismatch");
    init_with(&rig, &broker, "127.0.0.1", "ca.pem");
    assert_goes_down(&rig, "the broker's certificate is not accepted: IP address mismatch");
    broker_close(&broker);
}

static void a_gateway_without_certificate_is_told_that_one_is_wanted(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    open_with(&broker, "server");
    init_with(&rig, &broker, "localhost", "ca.pem");
    set_certificate(&rig, NULL, NULL);
    assert_goes_down(&rig, "the broker may want a client certificate");
    broker_close(&broker);
}

static void a_certificate_that_the_broker_refuses_is_named(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    open_with(&broker, "server");
    init_with(&rig, &broker, "localhost", "ca.pem");
    set_certificate(&rig, file_in(&broker, "other-ca.pem"), file_in(&broker, "other-ca.key"));
    assert_goes_down(&rig, "the broker may not accept mqtt.tls.certificate_file");
    broker_close(&broker);
}

/* libmosquitto alone would wait for the keepalive time here, with the loop spinning on the dead socket. */
static void a_broker_that_is_not_there_is_noticed_at_once(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    broker_prepare(&broker, "");
    broker_make_certificates(&broker);
    init_with(&rig, &broker, "127.0.0.1", "ca.pem");
    rig_start(&rig);
    rig_run_until(&rig, rig_is_down);
    if (!strstr(rig.link_text, ": Connection refused")) rig_assert_text(&rig, ": the connection cannot be made");
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static void a_reset_during_the_handshake_is_noticed_at_once(void **state)
{
    (void)state;
    struct broker files;
    struct rig rig;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    broker_prepare(&files, "");
    broker_make_certificates(&files);
    init_with(&rig, &files, "127.0.0.1", "ca.pem");
    rig.config.mqtt.port = ntohs(address.sin_port);
    rig_start(&rig);
    rig_run_ms(&rig, 100);
    assert_false(rig_is_down(&rig));
    /* What waits to be accepted is reset. */
    (void)close(listener);
    rig_run_until(&rig, rig_is_down);
    assert_null(strstr(rig.link_text, "keepalive"));
    rig_close(&rig, NULL);
    broker_close(&files);
}

static struct broker_tool server;

static bool server_saw_the_name(struct rig *rig)
{
    (void)rig;
    return broker_tool_says(&server, "Hostname in TLS extension: \"localhost\"");
}

/* A broker behind a proxy is found by the name in the handshake, although the socket goes to a number. */
static void the_configured_name_is_sent_in_the_handshake(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    char port[8];
    broker_prepare(&broker, "");
    broker_make_certificates(&broker);
    (void)snprintf(port, sizeof port, "%u", broker.port);
    char *certificate = file_in(&broker, "server.pem"), *key = file_in(&broker, "server.key");
    const char *const arguments[] = {"stdbuf",    "-o0",    "openssl",   "s_server", "-www", "-accept",
                                     port,        "-cert",  certificate, "-key",     key,    "-servername",
                                     "localhost", "-cert2", certificate, "-key2",    key,    NULL};
    broker_start_tool(&server, arguments);
    while (!broker_tool_says(&server, "ACCEPT"))
        broker_pause_ms(10);
    init_with(&rig, &broker, "localhost", "ca.pem");
    rig_start(&rig);
    rig_run_until(&rig, server_saw_the_name);
    (void)broker_stop_tool(&server, SIGTERM);
    rig_close(&rig, NULL);
    free(certificate);
    free(key);
    broker_close(&broker);
}

static void wrong_files_are_told_at_start(void **state)
{
    (void)state;
    struct broker files;
    struct rig rig;
    char path[128];
    broker_prepare(&files, "");
    broker_make_certificates(&files);
    broker_write_file(&files, "empty.pem", "no certificate\n", path);

    init_with(&rig, &files, "localhost", "missing.pem");
    rig_assert_start_fails(&rig, "missing.pem: No such file or directory");
    init_with(&rig, &files, "localhost", "empty.pem");
    rig_assert_start_fails(&rig, "empty.pem: holds no usable certificate");

    init_with(&rig, &files, "localhost", "ca.pem");
    free(rig.config.mqtt.certificate_file);
    rig.config.mqtt.certificate_file = strdup(path);
    rig_assert_start_fails(&rig, "mqtt.tls.certificate_file");

    init_with(&rig, &files, "localhost", "ca.pem");
    free(rig.config.mqtt.key_file);
    rig.config.mqtt.key_file = file_in(&files, "server.key");
    rig_assert_start_fails(&rig, "holds no key that fits the certificate");

    init_with(&rig, &files, "localhost", "ca.pem");
    free(rig.config.mqtt.key_file);
    rig.config.mqtt.key_file = NULL;
    rig_assert_start_fails(&rig, "expected both or neither");

    init_with(&rig, &files, "localhost", "ca.pem");
    free(rig.config.mqtt.ca_file);
    rig.config.mqtt.ca_file = NULL;
    rig_assert_start_fails(&rig, "mqtt.tls.ca_file: missing");
    broker_close(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_certificate_lets_the_gateway_in),
        cmocka_unit_test(a_broker_of_another_authority_is_not_believed),
        cmocka_unit_test(a_broker_of_another_name_is_not_believed),
        cmocka_unit_test(a_gateway_without_certificate_is_told_that_one_is_wanted),
        cmocka_unit_test(a_certificate_that_the_broker_refuses_is_named),
        cmocka_unit_test(a_broker_that_is_not_there_is_noticed_at_once),
        cmocka_unit_test(a_reset_during_the_handshake_is_noticed_at_once),
        cmocka_unit_test(the_configured_name_is_sent_in_the_handshake),
        cmocka_unit_test(wrong_files_are_told_at_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
