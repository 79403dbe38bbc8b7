-- Figures of cities, and finding cities in spite of typing errors.

-- word_similarity; an extension that the owner of a database may create.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- What an indicator of a city is for a period now. The period is its days: 2024-Q3 is 1 July to 30 September.
CREATE TABLE indicator_value (
    city_id uuid NOT NULL REFERENCES city,
    indicator text COLLATE "C" NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    -- Exact, with the zeros behind the point as they were published.
    value numeric NOT NULL,
    unit text NOT NULL,
    source text NOT NULL,
    status text NOT NULL,
    version bigint NOT NULL,
    set_at timestamptz NOT NULL,
    -- In the order in which values are found.
    PRIMARY KEY (city_id, indicator, first_day, last_day)
);

-- Every version that a value ever had, the present one among them; rows are only ever added.
CREATE TABLE indicator_revision (
    city_id uuid NOT NULL,
    indicator text COLLATE "C" NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    version bigint NOT NULL,
    value numeric NOT NULL,
    unit text NOT NULL,
    source text NOT NULL,
    status text NOT NULL,
    set_at timestamptz NOT NULL,
    -- The broker user.
    set_by text,
    reason text,
    PRIMARY KEY (city_id, indicator, first_day, last_day, version)
);
