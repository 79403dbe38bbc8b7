-- Requests of persons for what is known of them, or that it be erased: asked of all four services, done when all have answered.
CREATE TABLE privacy_request (
    request_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('export', 'erasure')),
    -- Encrypted, and gone when an erasure is complete.
    sealed_person bytea,
    -- A keyed hash of the person, by which a repeat is known.
    person_key bytea NOT NULL,
    reason text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz
);
CREATE INDEX privacy_request_person ON privacy_request (person_key);

CREATE TABLE privacy_answer (
    request_id uuid NOT NULL REFERENCES privacy_request,
    service text NOT NULL,
    -- By category, in JSON.
    findings bytea NOT NULL,
    -- Everything that is known, encrypted; given out for thirty days.
    sealed_data bytea,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (request_id, service)
);
CREATE INDEX privacy_answer_data ON privacy_answer (answered_at) WHERE sealed_data IS NOT NULL;
