-- What was done, by whom and why: one row for each event that the audit wants, written in the transaction that says the event.
-- Writers do not wait for one another: a row is written without a place, and a sealer chains rows each second. The order of the
-- chain is the order of sealing, so that a row which was committed late is chained late and never missed.
CREATE TABLE audit (
    -- The id of the event.
    event_id uuid PRIMARY KEY,
    event_type text NOT NULL,
    audited_id uuid NOT NULL,
    version bigint,
    at timestamptz NOT NULL,
    -- The message that caused it; absent where the service did it by itself.
    cause_type text,
    cause_id text,
    -- SHA-256 of the event's body.
    body_hash bytea NOT NULL,
    -- SHA-256 of the personal part with its salt; of the part only this enters the chain.
    person_hash bytea NOT NULL,
    -- The personal part; erased all at once, with its salt.
    salt bytea,
    actor text,
    reason text,
    person_id uuid,
    -- Set by the sealer, once.
    place bigint UNIQUE,
    hash bytea,
    CHECK ((place IS NULL) = (hash IS NULL)),
    CHECK (salt IS NOT NULL OR (actor IS NULL AND reason IS NULL AND person_id IS NULL))
);
CREATE INDEX audit_unsealed ON audit (event_id) WHERE place IS NULL;
CREATE INDEX audit_audited ON audit (audited_id, place);
CREATE INDEX audit_person ON audit (person_id) WHERE person_id IS NOT NULL;

-- The end of the chain, and the lock of its sealer.
CREATE TABLE audit_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    length bigint NOT NULL,
    hash bytea
);
INSERT INTO audit_head (length) VALUES (0);

-- Keeps us from our own mistakes; whoever owns the database can take it away, and that is what the chain is for.
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.place IS NULL THEN RETURN NEW; END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (NEW.event_id, NEW.event_type, NEW.audited_id, NEW.version, NEW.at, NEW.cause_type, NEW.cause_id, NEW.body_hash,
                NEW.person_hash)
            IS NOT DISTINCT FROM (OLD.event_id, OLD.event_type, OLD.audited_id, OLD.version, OLD.at, OLD.cause_type,
                OLD.cause_id, OLD.body_hash, OLD.person_hash)
            -- Sealing: once.
            AND (OLD.place IS NULL OR (NEW.place, NEW.hash) IS NOT DISTINCT FROM (OLD.place, OLD.hash))
            -- Erasing: whole.
            AND (NEW.salt IS NULL OR (NEW.salt, NEW.actor, NEW.reason, NEW.person_id)
                IS NOT DISTINCT FROM (OLD.salt, OLD.actor, OLD.reason, OLD.person_id))
        THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER audit_is_append_only BEFORE INSERT OR UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
