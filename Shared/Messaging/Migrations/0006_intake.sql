-- Whether intake is paused: while the time lies ahead no instance takes commands and bulk work, runs its jobs or what is due. It
-- ends by itself, so that whoever paused it and is gone leaves nothing standing.
CREATE TABLE intake_pause (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    until timestamptz NOT NULL,
    actor text NOT NULL,
    reason text,
    at timestamptz NOT NULL DEFAULT now()
);
