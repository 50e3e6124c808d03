-- Events name logins, clients and domains: their days are dropped when engine.keep_events is over.

-- One day at a time, the oldest first: to drop it takes the whole table for a moment, as to make one does. How many.
CREATE FUNCTION drop_event_day(before date) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = lazaret, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    name text;
BEGIN
    SELECT c.relname INTO name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'lazaret.event'::regclass AND c.relname ~ '^event_[0-9]{8}$'
        AND to_date(substr(c.relname, 7), 'YYYYMMDD') < least(before, (now() AT TIME ZONE 'UTC')::date - 1)
        ORDER BY c.relname LIMIT 1;
    IF name IS NULL THEN
        RETURN 0;
    END IF;
    EXECUTE format('DROP TABLE lazaret.%I', name);
    RETURN 1;
EXCEPTION WHEN lock_not_available THEN
    RETURN 0; -- somebody reads it: later
END $$;
REVOKE EXECUTE ON FUNCTION drop_event_day(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_event_day(date) TO lazaret_engine;

GRANT SELECT, DELETE ON event_default TO lazaret_engine;
GRANT DELETE ON outbox, engine_state TO lazaret_engine;
CREATE INDEX outbox_created ON outbox (created_at);
CREATE INDEX engine_state_updated ON engine_state (updated_at);
