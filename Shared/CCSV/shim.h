#ifndef CITYCOOP_CCSV_SHIM_H
#define CITYCOOP_CCSV_SHIM_H

#include <csv.h>

#endif
