-- The copy of the merchants knows from which day on one takes no vouchers any more.

ALTER TABLE merchant ADD COLUMN closed_from date;
