-- What is kept of messages that were refused, discarded or diverted for their content (libs/event/exhibit.hpp), for
-- exhibits.keep_for. A row arrives with its event and has its key.
CREATE TABLE exhibit (
    node       text NOT NULL,
    sequence   bigint NOT NULL,
    at         timestamptz NOT NULL,
    trace      text NOT NULL,
    subscriber text NOT NULL,
    header     text NOT NULL,
    excerpt    text NOT NULL,
    original   bytea,
    PRIMARY KEY (node, sequence, at)
);
CREATE INDEX exhibit_subscriber ON exhibit (subscriber, at);
CREATE INDEX exhibit_trace ON exhibit (trace);
CREATE INDEX exhibit_at ON exhibit (at);

-- Submission writes, and cannot read. The engine puts excerpts into tickets and removes what is old.
GRANT INSERT ON exhibit TO lazaret_submission;
GRANT INSERT, SELECT, DELETE ON exhibit TO lazaret_engine;
GRANT SELECT ON exhibit TO lazaret_cli;
