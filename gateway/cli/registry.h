/* `stillwater registry`: checks the people file, and says who answers for an area at an hour. */
#ifndef GATEWAY_CLI_REGISTRY_H
#define GATEWAY_CLI_REGISTRY_H

int registry_main(int argc, char **argv);

#endif
