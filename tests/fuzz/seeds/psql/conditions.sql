\set ON_ERROR_STOP on
\set level 'ddl'
SELECT current_setting('server_version_num')::int >= 160000 AS ge16 \gset
\if :ge16
ALTER SYSTEM SET log_statement = :'level';
\elif :{?other}
ALTER SYSTEM SET log_statement = :level;
\else
ALTER SYSTEM RESET ALL;
\endif
\i other.sql
SELECT format('ALTER SYSTEM SET %I = on', 'ssl') \gexec
\q
