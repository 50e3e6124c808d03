-- Engines share the work by hash of subscriber, one incident may be of several subscribers, and what is known of texts that
-- several send outlives an engine.

-- The shard that an event belongs to. Events without a subscriber all belong to one.
CREATE FUNCTION shard_of(subscriber text) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (hashtextextended(coalesce(subscriber, ''), 0) & 15)::smallint $$;

-- Who decides about a shard: set by the engine that holds its advisory lock, and asked for in each of its transactions, so
-- that one which has lost the lock without noticing changes nothing any more.
CREATE TABLE engine_shard (
    shard smallint PRIMARY KEY CHECK (shard BETWEEN 0 AND 15),
    owner text NOT NULL DEFAULT ''
);
INSERT INTO engine_shard (shard) SELECT generate_series(0, 15);

ALTER TABLE engine_cursor ADD COLUMN shard smallint NOT NULL DEFAULT 0 REFERENCES engine_shard;
ALTER TABLE engine_cursor DROP CONSTRAINT engine_cursor_pkey, ADD PRIMARY KEY (node, shard);
DELETE FROM engine_cursor WHERE node = '';
INSERT INTO engine_cursor (node, shard, sequence)
    SELECT node, s.shard, sequence FROM engine_cursor, engine_shard s WHERE s.shard > 0;
ALTER TABLE engine_cursor ALTER COLUMN shard DROP DEFAULT;

-- A text that several send (libs/detect/campaigns.hpp), by day: sets of 64 bits, so that adding twice changes nothing.
-- fingerprint 0 is no text: its counts are messages caught, of all.
CREATE TABLE engine_campaign (
    fingerprint bigint NOT NULL,
    day         integer NOT NULL, -- since 1970
    senders     bigint NOT NULL,
    spreaders   bigint NOT NULL,
    convicted   bigint NOT NULL,
    failed      double precision NOT NULL,
    results     double precision NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (fingerprint, day)
);
CREATE INDEX engine_campaign_updated ON engine_campaign (updated_at);

-- All subscribers of an incident; incident.subscriber is the first of them.
ALTER TABLE incident ADD COLUMN campaign bigint; -- similarity hash of the text that was sent
CREATE TABLE incident_member (
    incident   bigint NOT NULL REFERENCES incident ON DELETE CASCADE,
    subscriber text NOT NULL,
    joined_at  timestamptz NOT NULL DEFAULT now(),
    score      double precision NOT NULL,
    summary    text NOT NULL, -- what speaks against this one
    PRIMARY KEY (incident, subscriber)
);
CREATE INDEX incident_member_subscriber ON incident_member (subscriber);
INSERT INTO incident_member (incident, subscriber, joined_at, score, summary)
    SELECT id, subscriber, opened_at, score, summary FROM incident;

GRANT EXECUTE ON FUNCTION shard_of(text) TO lazaret_engine, lazaret_cli;
GRANT SELECT, UPDATE ON engine_shard TO lazaret_engine;
GRANT SELECT, INSERT, UPDATE, DELETE ON engine_campaign TO lazaret_engine;
GRANT SELECT, INSERT, UPDATE ON incident_member TO lazaret_engine;
GRANT SELECT ON engine_shard, engine_campaign, incident_member TO lazaret_cli;
