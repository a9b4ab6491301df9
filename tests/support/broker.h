/* A private mosquitto for one test: its own directory, its own port on 127.0.0.1, killed and swept away at the end. */
#ifndef TESTS_SUPPORT_BROKER_H
#define TESTS_SUPPORT_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct broker {
    char directory[64]; /* removed with all that is in it by broker_close() */
    uint16_t port;
    pid_t process; /* 0 = not running */
};

/* `settings` are further lines of mosquitto.conf. "%s" in them stands for the directory. Unless they say otherwise
 * anonymous clients are let in. Persistence is on, with an autosave at every change, so that a restart after kill -9
 * finds sessions and retained messages again. Asserts that the broker takes connections. */
void broker_open(struct broker *broker, const char *settings);

/* With an access list: what it does not name is not permitted. */
void broker_open_with_acl(struct broker *broker, const char *acl);

/* Only the directory and a free port, for a broker that comes later or never. */
void broker_prepare(struct broker *broker, const char *settings);
void broker_run(struct broker *broker);

void broker_kill(struct broker *broker);
void broker_close(struct broker *broker);

/* Writes <directory>/<name>; `path` gets its path. */
void broker_write_file(const struct broker *broker, const char *name, const char *text, char path[128]);
void broker_path(const struct broker *broker, const char *name, char path[128]);

/* Makes a certificate authority and certificates in the directory: ca.pem, other-ca.pem, server.pem and server.key for
 * the name "localhost" and 127.0.0.1, misnamed.pem and misnamed.key for "elsewhere.example", client.pem and
 * client.key. */
void broker_make_certificates(const struct broker *broker);

/* Until the client of this id has subscribed to something. */
void broker_wait_for_subscriber(const struct broker *broker, const char *id);

/* Runs a program to its end with its output in `output` (cut to size); its exit status. For mosquitto_pub and _sub. */
int broker_run_tool(char *output, size_t output_size, const char *const arguments[]);

/* A program in the background, its output in a file. */
struct broker_tool {
    pid_t process;
    char output[64];
};
void broker_start_tool(struct broker_tool *tool, const char *const arguments[]);
const char *broker_tool_output(const struct broker_tool *tool, char *output, size_t size);
bool broker_tool_says(const struct broker_tool *tool, const char *wanted); /* in its output so far */
/* Sends the signal (0 = none), waits for the end, removes the output; the exit status, 128 + signal when killed. */
int broker_stop_tool(struct broker_tool *tool, int signal_number);

void broker_pause_ms(long ms);

#endif
