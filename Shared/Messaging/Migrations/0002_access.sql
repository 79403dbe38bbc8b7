-- Who may do what. Cities owns it; in every other database it is a copy, filled by cities.access-granted.v1.

CREATE TABLE access_grant (
    grant_id uuid PRIMARY KEY,
    -- The broker user.
    user_id text COLLATE "C" NOT NULL,
    role text NOT NULL,
    city_id uuid,
    merchant_id uuid,
    terminal_id uuid,
    message_types text[],
    valid_from timestamptz,
    valid_until timestamptz,
    version bigint NOT NULL,
    -- A revoked grant keeps its row, so that an older event cannot bring it back.
    is_revoked boolean NOT NULL
);
CREATE INDEX access_grant_user_id ON access_grant (user_id, grant_id);
