#ifndef CITYCOOP_CPOSTGRES_SHIM_H
#define CITYCOOP_CPOSTGRES_SHIM_H

#include <libpq-fe.h>

// libpq names the fields of an error with character-literal macros, which Swift does not import.
static const int citycoop_pg_diag_severity = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int citycoop_pg_diag_sqlstate = PG_DIAG_SQLSTATE;
static const int citycoop_pg_diag_message_primary = PG_DIAG_MESSAGE_PRIMARY;
static const int citycoop_pg_diag_message_detail = PG_DIAG_MESSAGE_DETAIL;
static const int citycoop_pg_diag_schema_name = PG_DIAG_SCHEMA_NAME;
static const int citycoop_pg_diag_table_name = PG_DIAG_TABLE_NAME;
static const int citycoop_pg_diag_column_name = PG_DIAG_COLUMN_NAME;
static const int citycoop_pg_diag_constraint_name = PG_DIAG_CONSTRAINT_NAME;

#endif
