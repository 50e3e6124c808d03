-- A confinement is about no more of a subscriber's mail than what is at fault: one login's, what one address sends without a
-- login, or mail without a sender.
ALTER TABLE quarantine
    ADD COLUMN scope text NOT NULL DEFAULT 'everything' CHECK (scope IN ('everything', 'account', 'address', 'bounces')),
    ADD COLUMN part  text NOT NULL DEFAULT '',
    ADD CONSTRAINT quarantine_part CHECK ((scope IN ('account', 'address')) = (part <> ''));
COMMENT ON COLUMN quarantine.part IS 'The login or the address that the scope names';
