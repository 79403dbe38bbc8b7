-- What operators need to mend failed messages: how each attempt went, what a message was before it was edited, and which
-- redrive it belongs to.
ALTER TABLE failure
    -- How often an operator did something about it.
    ADD COLUMN revision integer NOT NULL DEFAULT 0,
    -- The latest redrive, if it named itself.
    ADD COLUMN redrive_id uuid,
    -- SHA-256 of sender, id and content, of a message that was filed and whose id was not taken: filed once, however often
    -- the broker delivers it.
    ADD COLUMN fingerprint bytea;
CREATE UNIQUE INDEX failure_fingerprint ON failure (queue, fingerprint)
    WHERE state IN (1, 2) AND fingerprint IS NOT NULL;
CREATE INDEX failure_redrive ON failure (redrive_id) WHERE redrive_id IS NOT NULL;

-- The fields that an edit changed; never their values.
ALTER TABLE failure_act ADD COLUMN fields text[];

-- How a message went when it was tried; bodies stand in `failure` alone, so that nothing is left of one that is erased.
CREATE TABLE failure_attempt (
    attempt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    failure_id uuid NOT NULL REFERENCES failure (failure_id) ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Absent where it succeeded.
    code text,
    reason text,
    CHECK ((code IS NULL) = (reason IS NULL))
);
CREATE INDEX failure_attempt_failure_id ON failure_attempt (failure_id, attempt_id);
-- Of those that were tried more than once it is not known when they failed last.
INSERT INTO failure_attempt (failure_id, at, code, reason)
SELECT failure_id, failed_at, code, reason FROM failure WHERE attempts <= 1 ORDER BY failure_id;

-- What came, of messages that were edited since: the first of them only. Encrypted for the same row as in `failure`.
CREATE TABLE failure_original (
    failure_id uuid PRIMARY KEY REFERENCES failure (failure_id) ON DELETE CASCADE,
    user_id text NOT NULL,
    envelope bytea NOT NULL,
    body bytea NOT NULL
);
