#include "unit/store/fault_vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

/* The store's thread and the test's both come through here. */
static _Atomic int operations_left, fault_code, fault_operation;
static _Atomic bool fault_lasts, fault_fired;

struct fault_file {
    sqlite3_file base;
    sqlite3_file *real; /* in the memory that follows */
};

static sqlite3_vfs layer;
static sqlite3_vfs *system_vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct fault_file *)file)->real;
}

/* The code of the fault when it has come to this operation. */
static int meet(enum fault_operation operation)
{
    int code = atomic_load(&fault_code), armed = atomic_load(&fault_operation);
    bool meant = armed == (int)operation || (armed == FAULT_CHANGE && operation != FAULT_OPEN);
    if (code == SQLITE_OK || !meant) return SQLITE_OK;
    int left = atomic_fetch_sub(&operations_left, 1);
    if (left == 1 || (left < 1 && atomic_load(&fault_lasts))) {
        atomic_store(&fault_fired, true);
        return code;
    }
    return SQLITE_OK;
}

static int on_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int on_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), bytes, size, at);
}

/* A failing write leaves half of its bytes behind, as a full disk or a cut of power does. */
static int on_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    int code = meet(FAULT_WRITE);
    if (code == SQLITE_OK) return real_of(file)->pMethods->xWrite(real_of(file), bytes, size, at);
    if (size > 1) real_of(file)->pMethods->xWrite(real_of(file), bytes, size / 2, at);
    return code;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = meet(FAULT_CHANGE);
    return code ? code : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int on_sync(sqlite3_file *file, int flags)
{
    int code = meet(FAULT_SYNC);
    return code ? code : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int on_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int on_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int on_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int on_check_lock(sqlite3_file *file, int *result)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), result);
}

static int on_control(sqlite3_file *file, int operation, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int on_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int on_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int on_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **memory)
{
    int code = extend ? meet(FAULT_CHANGE) : SQLITE_OK;
    return code ? code : real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, memory);
}

static int on_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void on_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int on_shm_unmap(sqlite3_file *file, int delete_it)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), delete_it);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_file_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_check_lock,
    .xFileControl = on_control,
    .xSectorSize = on_sector_size,
    .xDeviceCharacteristics = on_characteristics,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

static int on_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    struct fault_file *ours = (struct fault_file *)file;
    ours->real = (sqlite3_file *)(ours + 1);
    file->pMethods = NULL;
    int fault = meet(FAULT_OPEN);
    if (fault) return fault;
    int code = system_vfs->xOpen(system_vfs, name, ours->real, flags, out_flags);
    file->pMethods = ours->real->pMethods ? &methods : NULL;
    return code;
}

void fault_vfs_install(void)
{
    system_vfs = sqlite3_vfs_find("unix");
    layer = *system_vfs;
    layer.zName = "fault";
    layer.szOsFile = (int)sizeof(struct fault_file) + system_vfs->szOsFile;
    layer.pNext = NULL;
    layer.xOpen = on_open;
    sqlite3_vfs_register(&layer, 1);
}

void fault_vfs_arm(enum fault_operation operation, int n, int code, bool lasting)
{
    atomic_store(&fault_fired, false);
    atomic_store(&operations_left, n);
    atomic_store(&fault_operation, (int)operation);
    atomic_store(&fault_lasts, lasting);
    atomic_store(&fault_code, code);
}

void fault_vfs_disarm(void)
{
    atomic_store(&fault_code, SQLITE_OK);
}

bool fault_vfs_fired(void)
{
    return atomic_load(&fault_fired);
}
