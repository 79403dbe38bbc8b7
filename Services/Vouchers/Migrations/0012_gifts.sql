-- Money for what was given away: only where the terms say so, beside saying it of what was sold.

ALTER TABLE terms
    ADD COLUMN gifts_redeemable_for_cash boolean NOT NULL DEFAULT false,
    ADD CHECK (redeemable_for_cash OR NOT gifts_redeemable_for_cash);
