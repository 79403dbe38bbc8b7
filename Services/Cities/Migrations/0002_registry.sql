-- The registry in full: more codes of cities, their profiles, partner organisations, membership, acceptance.

ALTER TABLE city
    -- Absent where the city was registered without.
    ADD COLUMN nuts_version bigint,
    ADD COLUMN lau_year bigint,
    ADD COLUMN lau_is_verified boolean,
    ADD COLUMN wikidata_id text,
    ADD COLUMN un_locode text,
    -- Tags of BCP 47 with blanks between.
    ADD COLUMN languages text,
    ADD COLUMN population_source text;

-- Every version of a profile is kept. Only the newest can go on: drafted, reviewed, published.
CREATE TABLE profile (
    city_id uuid NOT NULL REFERENCES city,
    version bigint NOT NULL,
    state text NOT NULL,
    -- Texts by language.
    theme jsonb NOT NULL,
    claim jsonb NOT NULL,
    description jsonb NOT NULL,
    drafted_at timestamptz NOT NULL,
    reviewed_by text,
    reviewed_at timestamptz,
    published_at timestamptz,
    PRIMARY KEY (city_id, version)
);

CREATE TABLE partner (
    partner_id uuid PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE partner_city (
    partner_id uuid NOT NULL REFERENCES partner,
    place smallint NOT NULL,
    city_id uuid NOT NULL REFERENCES city,
    PRIMARY KEY (partner_id, place)
);

-- What a city is from a day on, until its next entry.
CREATE TABLE membership (
    city_id uuid PRIMARY KEY REFERENCES city,
    version bigint NOT NULL
);
CREATE TABLE membership_entry (
    city_id uuid NOT NULL REFERENCES membership,
    from_day date NOT NULL,
    state text NOT NULL,
    PRIMARY KEY (city_id, from_day)
);

-- Whose vouchers are taken where, whatever the rule for members says: the edges of a pair of cities never share a day.
CREATE TABLE acceptance (
    issuer_city_id uuid NOT NULL REFERENCES city,
    accepting_city_id uuid NOT NULL REFERENCES city,
    version bigint NOT NULL,
    PRIMARY KEY (issuer_city_id, accepting_city_id)
);
CREATE TABLE acceptance_edge (
    issuer_city_id uuid NOT NULL,
    accepting_city_id uuid NOT NULL,
    from_day date NOT NULL,
    -- The first day after; open if absent.
    until_day date,
    allows boolean NOT NULL,
    PRIMARY KEY (issuer_city_id, accepting_city_id, from_day),
    FOREIGN KEY (issuer_city_id, accepting_city_id) REFERENCES acceptance
);
