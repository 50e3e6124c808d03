-- Where the reading of the journal stands, for a log that is no file.
ALTER TABLE log_position ADD COLUMN cursor text;
