DO $secgen$
DECLARE
  server int := current_setting('server_version_num')::int / 10000;
  item record;
  failed int := 0;
BEGIN
  FOR item IN
    SELECT w.name, w.want, s.setting, s.source, s.sourcefile, s.context = 'postmaster' AND s.pending_restart AS waits,
           CASE WHEN s.setting IS NULL THEN false
                WHEN s.vartype = 'real' THEN s.setting::float8 = w.want::float8
                WHEN w.name IN ('local_preload_libraries', 'session_preload_libraries', 'shared_preload_libraries', 'search_path',
                                'temp_tablespaces', 'unix_socket_directories', 'oauth_validator_libraries') THEN replace(s.setting, '"', '') = w.want
                WHEN w.name IN ('datestyle', 'timezone', 'log_timezone', 'client_encoding') THEN lower(s.setting) = lower(w.want)
                WHEN w.name = 'archive_command' AND s.setting = '(disabled)' THEN true -- shown so while archive_mode is off
                ELSE s.setting = w.want END AS holds
    FROM (SELECT e ->> 0 AS name, e ->> 1 AS want FROM jsonb_array_elements(current_setting('secgen.wanted')::jsonb) AS e
          WHERE server BETWEEN (e ->> 2)::int AND (e ->> 3)::int) AS w
    LEFT JOIN pg_settings s ON lower(s.name) = w.name
    ORDER BY w.name
  LOOP
    CONTINUE WHEN item.holds;
    IF item.waits THEN
      RAISE NOTICE 'secgen: % takes effect at the next start of the server', item.name;
    ELSIF item.setting IS NULL THEN
      failed := failed + 1;
      RAISE WARNING 'secgen: % is not known to this server: its library is not loaded yet; restart the server and run this script again', item.name;
    ELSE
      failed := failed + 1;
      RAISE WARNING 'secgen: % is % (source: %), wanted %', item.name, item.setting, concat_ws(' ', item.source, item.sourcefile), item.want;
    END IF;
  END LOOP;
  IF failed > 0 THEN
    RAISE EXCEPTION 'secgen: % setting(s) did not take effect', failed;
  END IF;
END $secgen$;
