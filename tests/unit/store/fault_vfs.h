/* A file system layer for SQLite that fails the n-th operation of a kind, once or from then on. */
#ifndef TESTS_UNIT_STORE_FAULT_VFS_H
#define TESTS_UNIT_STORE_FAULT_VFS_H

#include <stdbool.h>

enum fault_operation {
    FAULT_CHANGE, /* of a file: any of write, sync, truncate, growth of the shared memory file */
    FAULT_WRITE,
    FAULT_SYNC,
    FAULT_OPEN,
};

/* Becomes the default; stays until the process ends. */
void fault_vfs_install(void);

/* The n-th one from now fails with this SQLite code; `lasting`: so do all after it. */
void fault_vfs_arm(enum fault_operation operation, int n, int code, bool lasting);
void fault_vfs_disarm(void);

/* Whether the armed fault has come. */
bool fault_vfs_fired(void);

#endif
