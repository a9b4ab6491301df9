/* `stillwater profile`: checks sensor profiles and says what is read (docs/profile-author.md). */
#ifndef GATEWAY_CLI_PROFILE_H
#define GATEWAY_CLI_PROFILE_H

/* Exit status. */
int profile_main(int argc, char **argv);

#endif
