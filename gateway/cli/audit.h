/* The command `stillwater audit`; docs/audit.md is its manual. */
#ifndef GATEWAY_CLI_AUDIT_H
#define GATEWAY_CLI_AUDIT_H

/* argv[0] is "audit". Exit status: 0; 1 when the trail is broken, or says nothing of the alert; 2 for wrong usage or a
 * store that cannot be read. */
int audit_main(int argc, char **argv);

#endif
