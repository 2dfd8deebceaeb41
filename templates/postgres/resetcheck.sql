DO $secgen$
DECLARE
  item record;
BEGIN
  FOR item IN SELECT name FROM pg_settings WHERE pending_restart ORDER BY name LOOP
    RAISE NOTICE 'secgen: % takes effect at the next start of the server', item.name;
  END LOOP;
END $secgen$;
