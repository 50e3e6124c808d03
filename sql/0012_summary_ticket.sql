-- Beyond engine.max_confinements_per_hour a human is asked, in one ticket an hour: the first incident's, which speaks for the others.
ALTER TABLE outbox ADD COLUMN asks_human boolean NOT NULL DEFAULT false;
CREATE INDEX outbox_incident ON outbox (incident);
