/* What of the process's memory is kept. Called from the loop's thread. */
#ifndef GATEWAY_APP_MEMORY_H
#define GATEWAY_APP_MEMORY_H

/* Once, before anything is allocated. */
void memory_keep_heap_small(void);

/* After much was read that is not needed any more: gives back what is free in the heap, and the pages of program and
 * libraries that only the start needed. One that is needed again is read from the file's cache. */
void memory_give_back(void);

#endif
