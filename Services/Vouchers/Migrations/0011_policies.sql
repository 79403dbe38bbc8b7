-- What laws and agreements fix by country is set by message: each row is a thing of its own with a version, for the audit.

ALTER TABLE fee_vat_rate
    ADD COLUMN policy_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    ADD CHECK (country ~ '^[A-Z]{2}$');
ALTER TABLE expiry_policy
    ADD COLUMN policy_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version > 0);
ALTER TABLE benefit_policy
    ADD COLUMN policy_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    ADD CHECK (country ~ '^[A-Z]{2}$');
ALTER TABLE limited_network_limit
    ADD COLUMN policy_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version > 0);

-- The rates that stood here stand in no source of ours: they go where they are as they were, and no run that is closed, or being
-- closed, has charged by them. A run names fee-vat-unknown until an administrator has set the rate.
DELETE FROM fee_vat_rate
WHERE (country, from_day, basis_points) IN (
        ('AT', date '1984-01-01', 2000), ('SI', date '2013-07-01', 2200), ('HU', date '2012-01-01', 2700),
        ('DE', date '2021-01-01', 1900))
    AND NOT EXISTS (
        SELECT FROM settlement_statement JOIN settlement_run USING (run_id) JOIN city USING (city_id)
        WHERE city.country = fee_vat_rate.country AND fee <> 0 AND fee_vat_basis_points IS NOT NULL
            AND state NOT IN ('preparing', 'prepared'));
