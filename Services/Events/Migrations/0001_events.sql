-- The calendar: events with their seats counted, and who has a registration for them.

CREATE TABLE event (
    event_id uuid PRIMARY KEY,
    starts_at timestamptz NOT NULL,
    time_zone text NOT NULL,
    capacity bigint NOT NULL CHECK (capacity >= 0),
    fairness text NOT NULL CHECK (fairness IN ('strict', 'fill')),
    version bigint NOT NULL,
    -- Of the registrations, counted under this row's lock: seats taken, parties in line, the last place given.
    taken bigint NOT NULL DEFAULT 0 CHECK (taken >= 0),
    waiting bigint NOT NULL DEFAULT 0 CHECK (waiting >= 0),
    last_place bigint NOT NULL DEFAULT 0,
    published_at timestamptz NOT NULL DEFAULT now()
);

-- The cities that hold an event together, in the order in which they were named.
CREATE TABLE event_city (
    event_id uuid NOT NULL REFERENCES event,
    place smallint NOT NULL,
    city_id uuid NOT NULL,
    PRIMARY KEY (event_id, place)
);

CREATE TABLE event_title (
    event_id uuid NOT NULL REFERENCES event,
    language text NOT NULL,
    title text NOT NULL,
    PRIMARY KEY (event_id, language)
);

-- Written only by who holds the lock of the event's row.
CREATE TABLE registration (
    registration_id uuid PRIMARY KEY,
    event_id uuid NOT NULL REFERENCES event,
    person_id uuid NOT NULL,
    -- The line is read by the size of parties: whoever allows larger ones changes ReadLines.partyMax as well.
    party bigint NOT NULL CHECK (party BETWEEN 1 AND 10),
    -- The order in which parties came.
    place bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('registered', 'waitlisted', 'cancelled')),
    -- What the command was answered, whatever happened since.
    outcome text NOT NULL CHECK (outcome IN ('registered', 'waitlisted')),
    -- Once cancelled: how many parties got seats because of it.
    promoted_by_cancellation bigint NOT NULL DEFAULT 0,
    registered_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (event_id, place)
);
-- One registration per person and event.
CREATE UNIQUE INDEX registration_active ON registration (event_id, person_id) WHERE state <> 'cancelled';
CREATE INDEX registration_line ON registration (event_id, party, place) WHERE state = 'waitlisted';

-- Registrations that were refused, so that a repeat gets the first outcome. The event may be unknown.
CREATE TABLE registration_refusal (
    registration_id uuid PRIMARY KEY,
    event_id uuid NOT NULL,
    person_id uuid NOT NULL,
    party bigint NOT NULL,
    reason text NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT now()
);
