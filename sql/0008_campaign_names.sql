-- A campaign shows not only in its text: texts may differ while the host that their links lead to, the HELO name or the mail
-- program is the same. Names are numbers here (libs/event/name_hash.hpp).

ALTER TABLE event
    ADD COLUMN uri_hosts bigint[], -- where links lead, at most 4
    ADD COLUMN agent_hash bigint;

-- What engine_campaign counts: a text (0), a link host (1), a HELO name (2), a mail program (3). The two new sets are samples
-- for names that more subscribers use than 64 bits can count. Fingerprint 1 of kind 1 is no name: of all senders of a day, how
-- many wrote to strangers beyond their habit.
ALTER TABLE engine_campaign
    ADD COLUMN kind smallint NOT NULL DEFAULT 0 CHECK (kind BETWEEN 0 AND 3),
    ADD COLUMN many_senders bigint NOT NULL DEFAULT 0,
    ADD COLUMN many_spreaders bigint NOT NULL DEFAULT 0;

-- The names that the messages of an incident have: whoever is convicted in company of others by one of them joins it.
ALTER TABLE incident ADD COLUMN campaign_names bigint[];
