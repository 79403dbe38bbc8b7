-- Settlement: which redemption and which reversal is in which run, what each merchant is paid and each pair of cities nets out
-- to, and the payments of that. A closed run never changes again; triggers see to it.

-- Where runs look for what was spent or taken back in a period. A block range index: rows are inserted in the order of time, so
-- that a range of blocks is a span of time, and a till pays for no tree.
CREATE INDEX redemption_redeemed_at ON redemption USING brin (redeemed_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX reversal_reversed_at ON reversal USING brin (reversed_at) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE settlement_run (
    run_id uuid PRIMARY KEY,
    from_day date NOT NULL,
    -- The first day that is not in it.
    until_day date NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('preparing', 'prepared', 'closing', 'booking', 'closed')),
    execute_on date,
    made_at timestamptz NOT NULL,
    prepared_at timestamptz,
    closed_at timestamptz,
    CHECK (from_day < until_day),
    CHECK (execute_on IS NOT NULL OR state IN ('preparing', 'prepared')),
    CHECK ((closed_at IS NOT NULL) = (state = 'closed'))
);
CREATE UNIQUE INDEX settlement_run_until ON settlement_run (until_day);
-- One at a time.
CREATE UNIQUE INDEX settlement_run_open ON settlement_run ((true)) WHERE state <> 'closed';

-- Each redemption and each reversal is in one run: the key says so.
CREATE TABLE settlement_line (
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('redemption', 'reversal')),
    line_id uuid NOT NULL,
    run_id uuid NOT NULL REFERENCES settlement_run (run_id),
    merchant_id uuid NOT NULL,
    -- The merchant's.
    city_id uuid NOT NULL,
    issuer_city_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    -- What the merchant gets for it: below zero for a reversal.
    amount bigint NOT NULL CHECK (CASE kind WHEN 'redemption' THEN amount > 0 ELSE amount < 0 END),
    happened_at timestamptz NOT NULL,
    PRIMARY KEY (kind, line_id)
);
CREATE INDEX settlement_line_of_merchant ON settlement_line (run_id, merchant_id, currency, happened_at, line_id);

-- What one run leaves to the next: what was not paid out, and what a bank sent back. Each is in one later run.
CREATE TABLE settlement_carry (
    cause text COLLATE "C" NOT NULL CHECK (cause IN ('statement', 'return')),
    cause_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    city_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    -- Owed to the merchant; below zero if the merchant owes.
    amount bigint NOT NULL CHECK (amount <> 0),
    into_run_id uuid REFERENCES settlement_run (run_id),
    PRIMARY KEY (cause, cause_id)
);
CREATE INDEX settlement_carry_into_run ON settlement_carry (into_run_id);

-- What a run says to a merchant; made anew each time the run is prepared.
CREATE TABLE settlement_statement (
    statement_id uuid PRIMARY KEY,
    run_id uuid NOT NULL REFERENCES settlement_run (run_id),
    merchant_id uuid NOT NULL,
    city_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    redemptions bigint NOT NULL,
    redeemed bigint NOT NULL CHECK (redeemed >= 0),
    reversals bigint NOT NULL,
    reversed bigint NOT NULL CHECK (reversed >= 0),
    fee_basis_points integer NOT NULL,
    fee bigint NOT NULL,
    -- Unknown where the country has no rate.
    fee_vat_basis_points integer,
    fee_vat bigint NOT NULL,
    carried_in bigint NOT NULL,
    due bigint NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    payout_id uuid,
    is_booked boolean NOT NULL DEFAULT false,
    UNIQUE (run_id, merchant_id, currency),
    CHECK (due = redeemed - reversed - fee - fee_vat + carried_in),
    CHECK (outcome <> 'payout' OR due > 0)
);
CREATE INDEX settlement_statement_of_city ON settlement_statement (run_id, city_id, merchant_id, currency);
CREATE INDEX settlement_statement_unbooked ON settlement_statement (run_id, statement_id) WHERE NOT is_booked;

-- What two cities owe each other for a run; the smaller id first.
CREATE TABLE settlement_pair (
    pair_id uuid PRIMARY KEY,
    run_id uuid NOT NULL REFERENCES settlement_run (run_id),
    city_id uuid NOT NULL,
    other_city_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    -- By the first to the other, for its vouchers spent there; and the other way round. Below zero if more was taken back.
    owes bigint NOT NULL,
    is_owed bigint NOT NULL,
    payout_id uuid,
    is_booked boolean NOT NULL DEFAULT false,
    UNIQUE (run_id, city_id, other_city_id, currency),
    CHECK (city_id < other_city_id)
);

-- Where cities and merchants have their money: name, number and address are encrypted for the row's id.
CREATE TABLE settlement_account (
    city_id uuid PRIMARY KEY,
    name text NOT NULL,
    iban_mask text NOT NULL,
    sealed_party bytea NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE merchant_account (
    merchant_id uuid PRIMARY KEY,
    name text NOT NULL,
    -- Absent where the registry has no account of the merchant.
    iban_mask text,
    sealed_party bytea,
    version bigint NOT NULL,
    CHECK ((iban_mask IS NULL) = (sealed_party IS NULL))
);
-- From which account a city pays a run, as it was when the run was closed.
CREATE TABLE settlement_debtor (
    run_id uuid NOT NULL REFERENCES settlement_run (run_id),
    city_id uuid NOT NULL,
    sealed_party bytea NOT NULL,
    PRIMARY KEY (run_id, city_id)
);

-- A payment of a run, to a merchant or to another city.
CREATE TABLE payout (
    payout_id uuid PRIMARY KEY,
    run_id uuid NOT NULL REFERENCES settlement_run (run_id),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('merchant', 'clearing')),
    debtor_city_id uuid NOT NULL,
    creditor_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    creditor_name text NOT NULL,
    iban_mask text,
    sealed_party bytea,
    state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'confirmed', 'returned')),
    paid_on date,
    bank_reason text,
    CHECK ((state = 'returned') = (bank_reason IS NOT NULL))
);
CREATE INDEX payout_of_debtor ON payout (run_id, debtor_city_id, currency, payout_id);

-- The tax on what merchants pay for the service, by the country of their city, from a day on. The standard rates as they were
-- known when this was written: an operator adds a row when a country changes its own.
CREATE TABLE fee_vat_rate (
    country text COLLATE "C" NOT NULL,
    from_day date NOT NULL,
    basis_points integer NOT NULL CHECK (basis_points BETWEEN 0 AND 10000),
    PRIMARY KEY (country, from_day)
);
INSERT INTO fee_vat_rate VALUES
    ('AT', '1984-01-01', 2000), ('SI', '2013-07-01', 2200), ('HU', '2012-01-01', 2700), ('DE', '2021-01-01', 1900);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: what a settlement has closed is never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION refuse_change_of_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM touched JOIN settlement_run USING (run_id) WHERE settlement_run.state = 'closed') THEN
        RAISE EXCEPTION '%: what a settlement has closed is never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER closed BEFORE UPDATE OR DELETE ON settlement_run FOR EACH ROW WHEN (OLD.state = 'closed')
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER assigned BEFORE UPDATE OR DELETE ON settlement_line FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER assigned BEFORE UPDATE OR DELETE ON settlement_carry FOR EACH ROW WHEN (OLD.into_run_id IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
-- A payment may be confirmed and returned, and nothing else of it changes.
CREATE TRIGGER made BEFORE DELETE ON payout FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER paid BEFORE UPDATE ON payout FOR EACH ROW
    WHEN ((OLD.payout_id, OLD.run_id, OLD.kind, OLD.debtor_city_id, OLD.creditor_id, OLD.currency, OLD.amount,
            OLD.creditor_name, OLD.iban_mask, OLD.sealed_party)
        IS DISTINCT FROM (NEW.payout_id, NEW.run_id, NEW.kind, NEW.debtor_city_id, NEW.creditor_id, NEW.currency, NEW.amount,
            NEW.creditor_name, NEW.iban_mask, NEW.sealed_party) OR OLD.state = 'returned')
    EXECUTE FUNCTION refuse_change();
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['settlement_line', 'settlement_statement', 'settlement_pair', 'settlement_debtor', 'payout'] LOOP
        EXECUTE format('CREATE TRIGGER closed_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS touched
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_closed()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['settlement_statement', 'settlement_pair', 'settlement_debtor'] LOOP
        EXECUTE format('CREATE TRIGGER closed_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS touched
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_closed()', name);
        EXECUTE format('CREATE TRIGGER closed_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS touched
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_closed()', name);
    END LOOP;
END $$;
