/* nested /* comment */ ; */ SELECT 'it''s', E'\'', U&'\0041', $$ ; $$, $tag$ $$ ' $tag$, "a;b" -- ; '
;
CREATE FUNCTION f(a int DEFAULT 1) RETURNS int LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END;
COPY t (a, b) FROM stdin; SELECT 1\; ALTER SYSTEM SET ssl = on;
a;'b	c
\.
ALTER SYSTEM SET search_path = "$user", 'a, b', -- c
 public;
