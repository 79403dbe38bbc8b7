#ifndef CITYCOOP_CLINUX_SHIM_H
#define CITYCOOP_CLINUX_SHIM_H

// Swift's Glibc module leaves out eventfd; pthread_setname_np is a GNU extension, which it does not switch on. prctl does
// the same for the calling thread.
#include <sys/eventfd.h>
#include <sys/prctl.h>

// prctl is variadic, and Swift calls no variadic C.
static inline int citycoop_name_this_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

#endif
