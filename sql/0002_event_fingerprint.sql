-- Similarity hash of the text (libs/message/fingerprint.hpp): what several subscribers send alike is one campaign.
ALTER TABLE event ADD COLUMN fingerprint bigint;
