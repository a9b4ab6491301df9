/* The command `stillwater replay`; docs/replay.md is its manual. */
#ifndef GATEWAY_CLI_REPLAY_H
#define GATEWAY_CLI_REPLAY_H

enum exit_status {
    EXIT_STATUS_OK = 0,
    EXIT_STATUS_UNUSABLE = 2, /* usage, or a file that cannot be read or written */
    EXIT_STATUS_BAD_ROWS = 3, /* done, but some rows could not be used */
};

/* argv[0] is "replay". */
int replay_main(int argc, char **argv);

#endif
