-- What speaks against each subscriber of a campaign: the incident's own evidence is that of the latest one.
ALTER TABLE incident_member ADD COLUMN evidence jsonb NOT NULL DEFAULT '[]'; -- as incident.evidence
UPDATE incident_member m SET evidence = i.evidence FROM incident i WHERE i.id = m.incident AND i.subscriber = m.subscriber
    AND NOT EXISTS (SELECT FROM incident_member other WHERE other.incident = m.incident AND other.subscriber <> m.subscriber);
