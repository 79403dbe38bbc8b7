#ifndef CITYCOOP_CLINUX_SHIM_H
#define CITYCOOP_CLINUX_SHIM_H

// Swift's Glibc module leaves out eventfd; pthread_setname_np is a GNU extension, which it does not switch on. prctl does
// the same for the calling thread.
#include <linux/close_range.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// prctl is variadic, and Swift calls no variadic C.
static inline int citycoop_name_this_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

// close_range is a GNU extension, and syscall is variadic.
static inline int citycoop_close_on_exec_from(unsigned first) {
    return (int)syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC);
}

#endif
