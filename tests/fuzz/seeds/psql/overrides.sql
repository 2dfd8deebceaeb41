ALTER ROLE app IN DATABASE d SET log_statement = none;
ALTER DATABASE d SET password_encryption TO 'md5';
ALTER ROLE ALL RESET ALL;
ALTER SYSTEM SET shared_preload_libraries = 'a, b';
ALTER SYSTEM SET ssl_ciphers = HIGH;
SET log_statement = 'all';
ALTER FUNCTION f(int) SET search_path FROM CURRENT;
