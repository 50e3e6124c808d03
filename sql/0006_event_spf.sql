-- SPF of the sender's domain at our egress addresses (RFC 7208 2.6), where it was known when the event was written.
ALTER TABLE event ADD COLUMN spf text
    CHECK (spf IN ('none', 'neutral', 'pass', 'fail', 'softfail', 'temperror', 'permerror'));
