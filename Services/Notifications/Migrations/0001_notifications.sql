-- Who can be reached and how, and what each person was told.

-- The only place in the suite where a name and an address are kept. A row of version 0 is a person whom something was to be told
-- before anybody said how: it is there to be locked, so that the contact and the event cannot miss each other.
CREATE TABLE person (
    person_id uuid PRIMARY KEY,
    -- Grows with each change.
    version bigint NOT NULL,
    email text,
    name text,
    language text,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((version > 0) = (email IS NOT NULL AND name IS NOT NULL AND language IS NOT NULL))
);

CREATE TABLE notification (
    notification_id uuid PRIMARY KEY,
    -- The business id of what happened: of the issue, the redemption, the registration.
    occasion_id uuid NOT NULL,
    template text NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    -- mail-folder
    channel text NOT NULL,
    -- no-contact: waits for the person's contact. rendered: waits to be sent. delivered. undeliverable: its address is none.
    state text NOT NULL,
    -- What the text is made of, in JSON; as bytes, because jsonb and text refuse a zero character.
    facts bytea NOT NULL,
    -- The trace of the event, carried on to notifications.delivered.v1.
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Rendered once, with the contact of that moment; a retry sends the same.
    rendered_at timestamptz,
    recipient_name text,
    recipient_email text,
    language text,
    subject text,
    body text,
    delivered_at timestamptz,
    -- At most once for each occasion, template, person and channel.
    UNIQUE (occasion_id, template, person_id, channel),
    CHECK (state IN ('no-contact', 'rendered', 'delivered', 'undeliverable')),
    CHECK ((state = 'no-contact') = (rendered_at IS NULL)),
    CHECK (
        state = 'no-contact'
        OR (recipient_name IS NOT NULL AND recipient_email IS NOT NULL AND language IS NOT NULL AND subject IS NOT NULL
            AND body IS NOT NULL)),
    CHECK ((state = 'delivered') = (delivered_at IS NOT NULL))
);
CREATE INDEX notification_to_send ON notification (notification_id) WHERE state = 'rendered';
CREATE INDEX notification_without_contact ON notification (person_id) WHERE state = 'no-contact';
-- Export and erasure of a person.
CREATE INDEX notification_person_id ON notification (person_id);
