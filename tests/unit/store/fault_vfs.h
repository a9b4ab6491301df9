/* A file system layer for SQLite that fails the n-th change of a file (write, sync, truncate, growth of the shared
 * memory file), once or from then on. */
#ifndef TESTS_UNIT_STORE_FAULT_VFS_H
#define TESTS_UNIT_STORE_FAULT_VFS_H

#include <stdbool.h>

/* Becomes the default; stays until the process ends. */
void fault_vfs_install(void);

/* The n-th change from now fails with this SQLite code (0: none does); `lasting`: so do all after it. */
void fault_vfs_arm(int n, int code, bool lasting);

/* Whether the armed fault has come. */
bool fault_vfs_fired(void);

#endif
