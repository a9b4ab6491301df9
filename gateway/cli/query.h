/* stillwater query: SQL over a store. */
#ifndef GATEWAY_CLI_QUERY_H
#define GATEWAY_CLI_QUERY_H

int query_main(int argc, char **argv);

#endif
