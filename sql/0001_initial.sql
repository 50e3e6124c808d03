-- The first schema. Roles are made by `lazaret db migrate` before this runs; grants use their fixed names.
-- Everything lives in schema lazaret. Times are timestamptz, hashes bigint (64 bits of a keyed HMAC, core/hash.hpp).

CREATE TABLE plan (
    name                  text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    messages_per_minute   integer CHECK (messages_per_minute > 0),
    messages_per_hour     integer CHECK (messages_per_hour > 0),
    messages_per_day      integer CHECK (messages_per_day > 0),
    recipients_per_minute integer CHECK (recipients_per_minute > 0),
    recipients_per_hour   integer CHECK (recipients_per_hour > 0),
    recipients_per_day    integer CHECK (recipients_per_day > 0)
);
COMMENT ON TABLE plan IS 'What a subscriber may send per window; NULL = no limit';
INSERT INTO plan VALUES
    ('residential', 30, 100, 500, 50, 200, 1000),
    ('business', 300, 2000, 10000, 500, 5000, 25000),
    ('unlimited', NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE subscriber (
    id           text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 128),
    plan         text NOT NULL REFERENCES plan,
    class        text NOT NULL CHECK (class IN ('dynamic', 'static', 'business', 'trusted')),
    is_protected boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE account (
    login      text PRIMARY KEY CHECK (login = lower(login COLLATE "C") AND length(login) BETWEEN 1 AND 255),
    subscriber text NOT NULL REFERENCES subscriber ON DELETE CASCADE,
    verifier   text NOT NULL
);
CREATE INDEX account_subscriber ON account (subscriber);

CREATE TABLE network (
    block      cidr PRIMARY KEY,
    class      text NOT NULL CHECK (class IN ('dynamic', 'static', 'business', 'trusted')),
    relay      boolean NOT NULL,
    subscriber text REFERENCES subscriber ON DELETE CASCADE,
    plan       text REFERENCES plan
);

-- Confinement. A row is active while released_at is null and expiry is in the future; rows are never deleted or rewritten
-- otherwise: the table is its own history.
CREATE TABLE quarantine (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscriber     text NOT NULL,
    level          text NOT NULL CHECK (level IN ('watch', 'throttle', 'divert', 'block', 'garden')),
    reason         text NOT NULL,
    cause          text NOT NULL DEFAULT '',
    author         text NOT NULL,
    incident       bigint,
    token          text NOT NULL UNIQUE,
    start          timestamptz NOT NULL DEFAULT now(),
    expiry         timestamptz,
    released_at    timestamptz,
    released_by    text,
    release_reason text
);
CREATE INDEX quarantine_active ON quarantine (subscriber) WHERE released_at IS NULL;

CREATE TABLE incident (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscriber   text NOT NULL,
    cause        text NOT NULL,
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    opened_at    timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    closed_at    timestamptz,
    score        double precision NOT NULL,
    threshold    double precision NOT NULL,
    summary      text NOT NULL,
    evidence     jsonb NOT NULL, -- [{"kind","llr","count","reason"}], largest first
    first_event  timestamptz,
    ticket       text
);
CREATE UNIQUE INDEX incident_one_open ON incident (subscriber, cause) WHERE state = 'open';

-- Transactional outbox: a row is written in the transaction that changed the incident, and delivered at least once.
CREATE TABLE outbox (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id      text NOT NULL UNIQUE,
    incident        bigint NOT NULL REFERENCES incident,
    type            text NOT NULL, -- 'incident.opened', 'incident.updated', 'incident.closed'
    body            jsonb NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    delivered_at    timestamptz,
    dead_at         timestamptz,
    last_error      text
);
CREATE INDEX outbox_pending ON outbox (next_attempt_at) WHERE delivered_at IS NULL AND dead_at IS NULL;

-- What happened. Partitioned by day of `at`; partitions are made by ensure_event_partition() as days come.
-- (node, sequence) names an event; a repeat of the same event has the same `at`, so the key holds within its partition.
CREATE TABLE event (
    node                   text NOT NULL,
    sequence               bigint NOT NULL,
    at                     timestamptz NOT NULL,
    type                   text NOT NULL,
    trace                  text,
    subscriber             text,
    account                text,
    client                 inet,
    listener               text,
    helo                   text,
    sender_hash            bigint,
    sender_domain          text,
    null_sender            boolean NOT NULL DEFAULT false,
    recipients             jsonb, -- [["<hash hex>","domain"], ...]
    recipients_refused     integer NOT NULL DEFAULT 0,
    recipients_nonexistent integer NOT NULL DEFAULT 0,
    size                   bigint NOT NULL DEFAULT 0,
    message_id_hash        bigint,
    refused_by             text NOT NULL DEFAULT 'nobody',
    reason                 text,
    findings               text[],
    reply_code             integer NOT NULL DEFAULT 0,
    enhanced               text,
    delivery               text NOT NULL DEFAULT 'none',
    remote_host            text,
    PRIMARY KEY (node, sequence, at)
) PARTITION BY RANGE (at);
CREATE INDEX event_subscriber ON event (subscriber, at);
CREATE INDEX event_trace ON event (trace) WHERE trace IS NOT NULL;

-- How far each node's journal has been taken over. The shipper's COPY and this row change in one transaction.
CREATE TABLE journal_position (
    node       text PRIMARY KEY,
    sequence   bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- The engine's memory: cursors and per-subscriber state change in the transaction that writes what they led to.
CREATE TABLE engine_cursor (
    node     text PRIMARY KEY,
    sequence bigint NOT NULL
);
CREATE TABLE engine_state (
    subscriber text PRIMARY KEY,
    state      jsonb NOT NULL,
    updated_at timestamptz NOT NULL
);
-- Where the reading of a Postfix log stands, and queue ids whose results are still to come.
CREATE TABLE log_position (
    log        text PRIMARY KEY,
    inode      bigint NOT NULL,
    "offset"   bigint NOT NULL,
    sequence   bigint NOT NULL -- last event sequence given out for this log's node
);
CREATE TABLE delivery_pending (
    log      text NOT NULL,
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    trace    text NOT NULL,
    seen_at  timestamptz NOT NULL,
    result   jsonb NOT NULL
);

-- Events of a broken clock go here, and those of a day whose partition could not be made: kept, but outside the daily
-- partitions and their retention.
CREATE TABLE event_default PARTITION OF event DEFAULT;
CREATE INDEX event_default_at ON event_default (at);

-- Making a partition needs the whole table for a moment. Behind a long reader that wait would hold up everybody else, so
-- it is short, and partitions are made days ahead.
CREATE FUNCTION ensure_event_partition(day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = lazaret, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date; -- days are UTC whatever the session's time zone
    last date := day;
    name text;
BEGIN
    -- A far-off day is a broken clock and stays in event_default.
    IF day < today - 400 OR day > today + 2 THEN
        RETURN;
    END IF;
    IF day >= today AND to_regclass('lazaret.event_' || to_char(day + 3, 'YYYYMMDD')) IS NULL THEN
        last := day + 7;
    END IF;
    WHILE day <= last LOOP
        name := 'event_' || to_char(day, 'YYYYMMDD');
        -- A partition cannot be made for a day that event_default already has events of.
        IF to_regclass('lazaret.' || name) IS NULL
           AND NOT EXISTS (SELECT FROM event_default WHERE at >= (day::text || ' 00:00:00+00')::timestamptz
                                                       AND at < ((day + 1)::text || ' 00:00:00+00')::timestamptz) THEN
            PERFORM pg_advisory_xact_lock(hashtext('lazaret.event_partition'));
            IF to_regclass('lazaret.' || name) IS NULL THEN
                EXECUTE format('CREATE TABLE lazaret.%I PARTITION OF lazaret.event FOR VALUES FROM (%L) TO (%L)', name,
                               day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
            END IF;
        END IF;
        day := day + 1;
    END LOOP;
EXCEPTION WHEN check_violation OR lock_not_available THEN
    NULL; -- the events go into event_default
END $$;
DO $$ BEGIN PERFORM ensure_event_partition((now() AT TIME ZONE 'UTC')::date); END $$;

-- Changes that submission must see at once. The payload says which half of the snapshot to load again.
CREATE FUNCTION notify_quarantine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('lazaret_snapshot', 'quarantine');
    RETURN NULL;
END $$;
CREATE TRIGGER quarantine_changed AFTER INSERT OR UPDATE OR DELETE ON quarantine
    FOR EACH STATEMENT EXECUTE FUNCTION notify_quarantine();

CREATE FUNCTION notify_directory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('lazaret_snapshot', 'directory');
    RETURN NULL;
END $$;
CREATE TRIGGER plan_changed AFTER INSERT OR UPDATE OR DELETE ON plan
    FOR EACH STATEMENT EXECUTE FUNCTION notify_directory();
CREATE TRIGGER subscriber_changed AFTER INSERT OR UPDATE OR DELETE ON subscriber
    FOR EACH STATEMENT EXECUTE FUNCTION notify_directory();
CREATE TRIGGER account_changed AFTER INSERT OR UPDATE OR DELETE ON account
    FOR EACH STATEMENT EXECUTE FUNCTION notify_directory();
CREATE TRIGGER network_changed AFTER INSERT OR UPDATE OR DELETE ON network
    FOR EACH STATEMENT EXECUTE FUNCTION notify_directory();

CREATE FUNCTION notify_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('lazaret_events', '');
    RETURN NULL;
END $$;
CREATE TRIGGER journal_position_changed AFTER INSERT OR UPDATE ON journal_position
    FOR EACH STATEMENT EXECUTE FUNCTION notify_events();

CREATE FUNCTION notify_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('lazaret_outbox', '');
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_changed AFTER INSERT ON outbox
    FOR EACH STATEMENT EXECUTE FUNCTION notify_outbox();

-- Least privilege. Submission writes events and reads the snapshot, no more.
GRANT USAGE ON SCHEMA lazaret TO lazaret_submission, lazaret_engine, lazaret_cli;
GRANT SELECT ON plan, subscriber, account, network, quarantine TO lazaret_submission;
GRANT SELECT, INSERT ON event TO lazaret_submission;
GRANT SELECT, INSERT, UPDATE ON journal_position TO lazaret_submission;
GRANT EXECUTE ON FUNCTION ensure_event_partition(date) TO lazaret_submission, lazaret_engine;
REVOKE EXECUTE ON FUNCTION ensure_event_partition(date) FROM PUBLIC;

GRANT SELECT ON plan, subscriber, network, quarantine TO lazaret_engine;
GRANT SELECT, INSERT ON event TO lazaret_engine;
GRANT INSERT, UPDATE ON quarantine TO lazaret_engine;
GRANT SELECT, INSERT, UPDATE ON incident, outbox, engine_cursor, engine_state, log_position, journal_position TO lazaret_engine;
GRANT SELECT, INSERT, DELETE ON delivery_pending TO lazaret_engine;

GRANT SELECT ON ALL TABLES IN SCHEMA lazaret TO lazaret_cli;
GRANT INSERT, UPDATE, DELETE ON plan, subscriber, account, network TO lazaret_cli;
GRANT INSERT, UPDATE ON quarantine, incident, outbox TO lazaret_cli;
REVOKE SELECT ON account FROM lazaret_cli;
GRANT SELECT (login, subscriber) ON account TO lazaret_cli;
