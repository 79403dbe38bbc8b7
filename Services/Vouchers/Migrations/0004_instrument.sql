-- The instrument in full: programmes with terms that vouchers are issued under, amounts that are held, redemptions that are
-- taken back, and what cities owe one another.

CREATE TABLE programme (
    programme_id uuid PRIMARY KEY,
    issuer_city_id uuid NOT NULL,
    name text NOT NULL,
    -- Which of its terms are in force.
    terms_number integer NOT NULL,
    version bigint NOT NULL
);
-- Never changed: a voucher keeps the terms that it was issued under.
CREATE TABLE terms (
    terms_id uuid PRIMARY KEY,
    programme_id uuid NOT NULL REFERENCES programme (programme_id),
    number integer NOT NULL,
    currency text COLLATE "C" NOT NULL,
    denominations bigint[] NOT NULL,
    open_from bigint,
    open_to bigint,
    vat text COLLATE "C" NOT NULL,
    vat_country text COLLATE "C",
    vat_basis_points integer,
    validity_months integer,
    validity_to_end_of_year boolean NOT NULL,
    accepted_in uuid[],
    redeemable_for_cash boolean NOT NULL,
    limitation_years integer,
    made_at timestamptz NOT NULL,
    UNIQUE (programme_id, number)
);

-- Owed is the balance; what is held of it is free again or spent later. Stock that is printed owes nothing until it is sold.
ALTER TABLE voucher
    ADD COLUMN held bigint NOT NULL DEFAULT 0,
    ADD COLUMN terms_id uuid REFERENCES terms (terms_id),
    ADD COLUMN order_id uuid,
    ADD COLUMN valid_until date,
    ADD COLUMN lapses_after date,
    ADD COLUMN accepted_in uuid[],
    ADD CHECK (held >= 0 AND held <= balance);

ALTER TABLE redemption
    -- The hold that it was captured from.
    ADD COLUMN hold_id uuid,
    -- What was taken back of it.
    ADD COLUMN reversed bigint NOT NULL DEFAULT 0,
    ADD CHECK (reversed >= 0 AND reversed <= amount);

-- The other city of a line of clearing.
ALTER TABLE posting ADD COLUMN counterparty_id uuid;

-- The copies know more: the country decides the rules of expiry, the fee what a shop is paid. What is there is asked for anew,
-- and stays in use until then.
ALTER TABLE city ADD COLUMN country text COLLATE "C";
ALTER TABLE merchant ADD COLUMN category text COLLATE "C", ADD COLUMN fee_basis_points integer;
UPDATE city SET version = 0;
UPDATE merchant SET version = 0;
UPDATE copy SET completed_at = NULL WHERE name IN ('cities', 'merchants');
