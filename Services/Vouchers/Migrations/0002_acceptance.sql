-- Whose vouchers are taken where: copies of the registry's memberships and acceptance, filled by its events like those of
-- cities and merchants. A row holds all periods of its city or pair, because every batch of redemptions reads them.

CREATE TABLE membership (
    city_id uuid PRIMARY KEY,
    -- The periods in which the city is an active member; an open one ends on 9999-12-31.
    active_from date[] NOT NULL,
    active_until date[] NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE acceptance (
    accepting_city_id uuid NOT NULL,
    issuer_city_id uuid NOT NULL,
    -- The edges of the pair.
    from_days date[] NOT NULL,
    until_days date[] NOT NULL,
    allows boolean[] NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (accepting_city_id, issuer_city_id)
);
