-- Which keys a service's database needs: SETTING ID, a row each. A column of sealed bytes begins with the length and the id of its
-- key; what is sealed and what is hashed under a key is found by the names of the columns, so that a new table needs no line here.
SELECT format('SELECT DISTINCT %L, convert_from(substr(%I, 2, get_byte(%I, 0)), ''UTF8'') FROM %I WHERE octet_length(%I) > 1',
    CASE column_name WHEN 'sealed_iban' THEN 'CITIES_BANK_KEY' ELSE 'CITYCOOP_SEAL_KEY' END,
    column_name, column_name, table_name, column_name)
FROM information_schema.columns JOIN pg_class ON oid = format('%I.%I', table_schema, table_name)::regclass
WHERE table_schema = 'public' AND data_type = 'bytea' AND column_name LIKE 'sealed\_%' AND NOT relispartition
    AND relkind IN ('r', 'p')
\gexec
SELECT format('SELECT DISTINCT %L, %I::text FROM %I WHERE %I IS NOT NULL', 'VOUCHERS_CODE_KEY', column_name, table_name, column_name)
FROM information_schema.columns JOIN pg_class ON oid = format('%I.%I', table_schema, table_name)::regclass
WHERE table_schema = 'public' AND data_type IN ('smallint', 'integer') AND column_name IN ('key_id', 'content_key_id')
    AND NOT relispartition AND relkind IN ('r', 'p')
\gexec
-- The runtime's own bodies.
SELECT DISTINCT 'CITYCOOP_SEAL_KEY', convert_from(substr(body, 2, get_byte(body, 0)), 'UTF8') FROM failure WHERE octet_length(body) > 1;
SELECT DISTINCT 'CITYCOOP_SEAL_KEY', convert_from(substr(body, 2, get_byte(body, 0)), 'UTF8') FROM outbox WHERE is_sealed;
SELECT DISTINCT 'CITYCOOP_SEAL_KEY', convert_from(substr(body, 2, get_byte(body, 0)), 'UTF8') FROM schedule WHERE is_sealed;
SELECT DISTINCT 'CITYCOOP_SEAL_KEY', convert_from(substr(reply, 2, get_byte(reply, 0)), 'UTF8') FROM inbox WHERE reply_is_sealed;
