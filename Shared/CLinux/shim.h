#ifndef CITYCOOP_CLINUX_SHIM_H
#define CITYCOOP_CLINUX_SHIM_H

// Swift's Glibc module leaves out eventfd; pthread_setname_np is a GNU extension, which it does not switch on. prctl does
// the same for the calling thread.
#include <linux/close_range.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// prctl is variadic, and Swift calls no variadic C.
static inline int citycoop_name_this_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

// close_range is a GNU extension, and syscall is variadic.
static inline int citycoop_close_on_exec_from(unsigned first) {
    return (int)syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC);
}

// Takes the code of the program and its libraries off this process's memory, and what malloc holds in reserve. The kernel
// keeps code in its page cache: what is executed again is mapped again, without reading it from the disk. Only mappings
// that nobody can have written to are touched. sscanf is variadic, and a pointer would be unsafe.
static inline void citycoop_give_back_memory(void) {
    char line[512], rights[5];
    unsigned long from, until;
    FILE *maps = fopen("/proc/self/maps", "re");
    if (maps == NULL) return;
    while (fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx %4s", &from, &until, rights) == 3 && strcmp(rights, "r-xp") == 0 &&
            strchr(line, '/') != NULL)
            madvise((void *)from, until - from, MADV_DONTNEED);
    fclose(maps);
    malloc_trim(0);
}

#endif
