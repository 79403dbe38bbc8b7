-- One service's role and database, made if missing; the password is set again each time.
-- psql variable: service. Environment: SERVICE_PASSWORD_FILE.

-- A statement that fails is not written to the server's log: it would name the password.
SET log_min_error_statement = panic;
\set password `cat "$SERVICE_PASSWORD_FILE"`

SELECT format('CREATE ROLE %I', :'service') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'service') \gexec
SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', :'service', :'password') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'service', :'service')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'service') \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'service') \gexec
-- What the server brings of its own is the administrator's.
REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;
