-- Persons who were erased: what comes later about them is refused. The id is kept as a hash under a key that is not in this
-- database, so that the table tells nobody who it was.
CREATE TABLE tombstone (
    person_key bytea PRIMARY KEY,
    request_id uuid NOT NULL,
    erased_at timestamptz NOT NULL DEFAULT now()
);
