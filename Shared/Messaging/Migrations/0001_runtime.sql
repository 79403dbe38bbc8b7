-- What the runtime keeps in the database of every service.

-- Every message that was taken, so that a repeat has no second effect. Not partitioned: a partition key in the primary key
-- would accept the same id again the next day.
CREATE TABLE inbox (
    queue text COLLATE "C" NOT NULL,
    -- SHA-256 of user, source and message id: one till's "1" is not another's.
    key bytea NOT NULL,
    -- SHA-256 of type and body: the same id with other content is filed, not dropped.
    content bytea NOT NULL,
    -- 0 done, 1 parked, 2 failed, 3 discarded
    state smallint NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    -- 1 success, 2 problem; the answer is encrypted if it holds a secret.
    reply_kind smallint,
    reply bytea,
    reply_is_sealed boolean,
    reply_until timestamptz,
    PRIMARY KEY (queue, key)
);
CREATE INDEX inbox_received_at ON inbox USING brin (received_at) WITH (pages_per_range = 16, autosummarize = on);

-- Messages that are committed and not yet confirmed by the broker. The owner is a number whose advisory lock the sending
-- instance holds; rows of an owner whose lock is free belong to nobody and may be claimed.
CREATE SEQUENCE outbox_owner AS bigint;
CREATE TABLE outbox (
    message_id uuid PRIMARY KEY,
    owner bigint NOT NULL,
    -- Whether the owner has the row in memory; the others it reads back.
    in_memory boolean NOT NULL,
    -- 1 commands, 2 events
    exchange smallint NOT NULL,
    type text NOT NULL,
    body bytea NOT NULL,
    is_sealed boolean NOT NULL,
    sequence bigint,
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- The planner's statistics of a table that is filled and emptied all day are always wrong; dead rows go early.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- Messages that leave later.
CREATE TABLE schedule (
    message_id uuid PRIMARY KEY,
    due_at timestamptz NOT NULL,
    exchange smallint NOT NULL,
    type text NOT NULL,
    body bytea NOT NULL,
    is_sealed boolean NOT NULL,
    sequence bigint,
    traceparent text
);
CREATE INDEX schedule_due_at ON schedule (due_at);

-- Messages that could not be handled, whole, encrypted, with the reason.
CREATE TABLE failure (
    failure_id uuid PRIMARY KEY,
    queue text NOT NULL,
    -- The inbox row; absent where a message had no id.
    inbox_key bytea,
    -- 1 parked, 2 failed, 3 discarded, 4 done
    state smallint NOT NULL,
    type text NOT NULL,
    message_id text NOT NULL,
    user_id text NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    attempts integer NOT NULL,
    failed_at timestamptz NOT NULL DEFAULT now(),
    retry_at timestamptz,
    -- The envelope in JSON, as bytes: jsonb refuses a zero character.
    envelope bytea NOT NULL,
    body bytea NOT NULL
);
CREATE INDEX failure_due ON failure (retry_at) WHERE state = 1;
CREATE INDEX failure_open ON failure (failure_id) WHERE state IN (1, 2);
CREATE INDEX failure_settled ON failure (failed_at) WHERE state IN (3, 4);

-- What operators did about failures.
CREATE TABLE failure_act (
    act_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    failure_id uuid NOT NULL REFERENCES failure (failure_id) ON DELETE CASCADE,
    act text NOT NULL,
    actor text NOT NULL,
    reason text,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX failure_act_failure_id ON failure_act (failure_id);

-- Copies of other services' state, and whether everything has arrived once.
CREATE TABLE copy (
    name text PRIMARY KEY,
    request_id uuid,
    completed_at timestamptz
);
