-- The registry: cities with their names, and merchants.

CREATE TABLE city (
    city_id uuid PRIMARY KEY,
    -- In the order of bytes, so that pages of an answer do not depend on the server's locale.
    slug text COLLATE "C" NOT NULL CONSTRAINT city_slug UNIQUE,
    country text NOT NULL,
    nuts3 text NOT NULL,
    -- Text: the zero of "058" counts.
    lau text NOT NULL,
    geonames_id bigint NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    population bigint NOT NULL,
    population_date text,
    population_scope text NOT NULL,
    population_is_verified boolean NOT NULL,
    time_zone text NOT NULL,
    currency text NOT NULL,
    -- Every name as it may be typed, one a line, computed by the service: "fuerstenfeld", "furstenfeld". Searched from end
    -- to end: there are a few dozen cities.
    search_text text NOT NULL,
    version bigint NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE city_name (
    city_id uuid NOT NULL REFERENCES city,
    place smallint NOT NULL,
    language text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    PRIMARY KEY (city_id, place)
);

CREATE TABLE merchant (
    merchant_id uuid PRIMARY KEY,
    city_id uuid NOT NULL REFERENCES city,
    name text NOT NULL,
    version bigint NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now()
);
