DO $secgen$
DECLARE
  server int := current_setting('server_version_num')::int / 10000;
  oldest int := split_part(current_setting('secgen.versions'), '-', 1)::int;
  newest int := split_part(current_setting('secgen.versions'), '-', 2)::int;
  minimum text COLLATE "C" := current_setting('secgen.tls_minimum');
  maximum text COLLATE "C";
  item record;
  missing text := '';
BEGIN
  IF server NOT BETWEEN oldest AND newest THEN
    RAISE EXCEPTION 'secgen: this script is for PostgreSQL % to %, and the server is %; nothing was changed', oldest, newest, server;
  END IF;
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    RAISE EXCEPTION 'secgen: % is no superuser, and the script would stop half way; nothing was changed', current_user;
  END IF;
  IF current_setting('allow_alter_system', true) = 'off' THEN
    RAISE EXCEPTION 'secgen: allow_alter_system is off on this server: use the drop-in file; nothing was changed';
  END IF;
  IF EXISTS (SELECT FROM pg_file_settings f WHERE f.error IS NOT NULL
             AND (f.name IS NULL OR (f.name NOT LIKE '%.%' AND NOT EXISTS (SELECT FROM pg_settings s WHERE lower(s.name) = lower(f.name))))) THEN
    RAISE EXCEPTION 'secgen: the server would ignore its configuration files as they are (SELECT * FROM pg_file_settings WHERE error IS NOT NULL says why); nothing was changed';
  END IF;
  FOR item IN
    SELECT e ->> 0 AS setting, coalesce(e ->> 1, current_setting(e ->> 0)) AS path
    FROM jsonb_array_elements(current_setting('secgen.files')::jsonb) AS e
  LOOP
    IF (pg_stat_file(item.path, true)).size IS NULL THEN
      missing := missing || format(' %s (%s)', item.path, item.setting);
    END IF;
  END LOOP;
  IF missing <> '' THEN
    RAISE EXCEPTION 'secgen: TLS needs these files, and the server does not find them:%; nothing was changed', missing;
  END IF;
  maximum := current_setting('ssl_max_protocol_version');
  IF minimum <> '' AND maximum <> '' AND maximum < minimum THEN
    RAISE EXCEPTION 'secgen: ssl_max_protocol_version is %, older than the minimum %: the server would not start; nothing was changed', maximum, minimum;
  END IF;
  FOR item IN
    SELECT l AS library FROM jsonb_array_elements_text(current_setting('secgen.libraries')::jsonb) AS l
  LOOP
    IF NOT EXISTS (
      SELECT FROM unnest(CASE WHEN item.library LIKE '%/%' THEN ARRAY[item.library]
                              ELSE (SELECT array_agg(folder || '/' || item.library) FROM unnest(string_to_array(current_setting('dynamic_library_path'), ':')) AS folder) END) AS stem,
                  unnest(ARRAY['', '.so', '.dylib', '.dll']) AS suffix
      WHERE (pg_stat_file(replace(stem, '$libdir', (SELECT setting FROM pg_config WHERE name = 'PKGLIBDIR')) || suffix, true)).size IS NOT NULL
    ) THEN
      missing := missing || ' ' || item.library;
    END IF;
  END LOOP;
  IF missing <> '' THEN
    RAISE EXCEPTION 'secgen: the server would not start without these libraries, which are not installed:%; nothing was changed', missing;
  END IF;
END $secgen$;
