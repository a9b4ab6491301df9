/* `stillwater near`: what is near a point, as an alert there would say. */
#ifndef GATEWAY_CLI_NEAR_H
#define GATEWAY_CLI_NEAR_H

int near_main(int argc, char **argv);

#endif
