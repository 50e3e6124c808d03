-- What a subscriber at quarantine level "throttle" may send; a plan like any other, for the administrator to change.
INSERT INTO plan VALUES ('throttled', 5, 20, 50, 10, 40, 100) ON CONFLICT (name) DO NOTHING;
