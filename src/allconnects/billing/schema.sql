CREATE FUNCTION billing_has_card(given text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
-- Whether a text holds a number of 13 to 19 digits that passes the check of payment cards (ISO/IEC 7812-1, Luhn).
DECLARE
    found text;
    digits text;
    total integer;
    digit integer;
BEGIN
    FOR found IN SELECT m[1] FROM regexp_matches(coalesce(given, ''), '((?:[0-9][ -]?){13,19})', 'g') AS m LOOP
        digits := reverse(regexp_replace(found, '[^0-9]', '', 'g'));
        total := 0;
        FOR place IN 1..length(digits) LOOP
            digit := substr(digits, place, 1)::integer;
            IF place % 2 = 0 THEN
                digit := digit * 2;
                IF digit > 9 THEN digit := digit - 9; END IF;
            END IF;
            total := total + digit;
        END LOOP;
        IF total % 10 = 0 THEN RETURN true; END IF;
    END LOOP;
    RETURN false;
END $$;

CREATE FUNCTION billing_organisation() RETURNS integer LANGUAGE sql STABLE AS
$$ SELECT current_setting('app.organisation')::integer $$;

CREATE TABLE billing_customer (
    organisation_id integer PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    name text NOT NULL CHECK (name <> '' AND length(name) <= 200 AND NOT billing_has_card(name)),
    vat_number text NOT NULL DEFAULT '' CHECK (length(vat_number) <= 20),
    email text NOT NULL CHECK (email LIKE '%_@_%' AND length(email) <= 254),
    phone text NOT NULL DEFAULT '' CHECK (length(phone) <= 40 AND NOT billing_has_card(phone)),
    street text NOT NULL DEFAULT '' CHECK (length(street) <= 200 AND NOT billing_has_card(street)),
    postcode text NOT NULL DEFAULT '' CHECK (length(postcode) <= 20),
    city text NOT NULL DEFAULT '' CHECK (length(city) <= 100 AND NOT billing_has_card(city)),
    country text NOT NULL DEFAULT 'BE' CHECK (country ~ '^[A-Z]{2}$'),
    language text NOT NULL CHECK (language IN ('nl', 'fr', 'en', 'de')),
    reference text NOT NULL DEFAULT '' CHECK (length(reference) <= 60 AND NOT billing_has_card(reference)),
    changed_at timestamptz NOT NULL
);

CREATE TABLE billing_subscription (
    id uuid PRIMARY KEY,
    organisation_id integer NOT NULL REFERENCES billing_customer,
    plan text NOT NULL,
    price numeric(12, 2) NOT NULL CHECK (price >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    months integer NOT NULL CHECK (months BETWEEN 1 AND 60),
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
    next_quantity integer NOT NULL CHECK (next_quantity BETWEEN 1 AND 1000000),
    anchor date NOT NULL,
    invoiced_to date NOT NULL,
    cancelled_at timestamptz,
    ends date CHECK (ends >= anchor),
    created_at timestamptz NOT NULL
);

CREATE UNIQUE INDEX billing_subscription_one ON billing_subscription (organisation_id) WHERE ends IS NULL;

CREATE TABLE billing_licence (
    id uuid PRIMARY KEY,
    code_hash bytea NOT NULL UNIQUE CHECK (length(code_hash) = 32),
    tail text NOT NULL CHECK (length(tail) = 4),
    plan text NOT NULL,
    months integer NOT NULL CHECK (months BETWEEN 1 AND 120),
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
    issued_at timestamptz NOT NULL,
    expires date,
    organisation_id integer,
    redeemed_at timestamptz,
    valid_from date,
    valid_to date,
    revoked_at timestamptz,
    CHECK ((organisation_id IS NULL) = (redeemed_at IS NULL))
);

CREATE TABLE billing_number (
    year integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('invoice', 'credit')),
    last integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (year, kind)
);

CREATE TABLE billing_invoice (
    year integer NOT NULL,
    number text NOT NULL,
    id uuid NOT NULL,
    organisation_id integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('invoice', 'credit')),
    corrects text NOT NULL DEFAULT '',
    issued date NOT NULL,
    due date NOT NULL CHECK (due >= issued),
    seller jsonb NOT NULL,
    buyer jsonb NOT NULL CHECK (NOT billing_has_card(buyer::text)),
    lines jsonb NOT NULL,
    tax jsonb NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    net numeric(12, 2) NOT NULL CHECK (net >= 0),
    vat numeric(12, 2) NOT NULL CHECK (vat >= 0),
    gross numeric(12, 2) NOT NULL CHECK (gross = net + vat),
    payment_reference text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'paid', 'credited', 'settled')),
    sent_at timestamptz,
    PRIMARY KEY (year, number),
    CHECK (extract(year FROM issued) = year)
) PARTITION BY LIST (year);

CREATE INDEX billing_invoice_of ON billing_invoice (organisation_id, issued DESC);

CREATE FUNCTION billing_invoice_stays() RETURNS trigger LANGUAGE plpgsql AS $$
-- What was sent to a customer is never changed: a credit note corrects it.
BEGIN
    IF (to_jsonb(OLD) - 'state' - 'sent_at') IS DISTINCT FROM (to_jsonb(NEW) - 'state' - 'sent_at') THEN
        RAISE EXCEPTION 'an invoice does not change: correct it with a credit note';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER billing_invoice_stays BEFORE UPDATE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_invoice_stays();

CREATE TABLE billing_payment (
    year integer NOT NULL,
    id uuid NOT NULL,
    organisation_id integer NOT NULL,
    invoice text NOT NULL,
    processor text NOT NULL,
    reference text NOT NULL CHECK (reference ~ '^[A-Za-z0-9_-]{1,64}$' AND NOT billing_has_card(reference)),
    amount numeric(12, 2) NOT NULL CHECK (amount > 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    state text NOT NULL CHECK (state IN ('open', 'pending', 'paid', 'failed', 'canceled', 'expired', 'refunded')),
    card_brand text NOT NULL DEFAULT '' CHECK (length(card_brand) <= 30 AND NOT billing_has_card(card_brand)),
    card_last4 text CHECK (card_last4 ~ '^[0-9]{4}$'),
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (year, id),
    UNIQUE (year, processor, reference),
    FOREIGN KEY (year, invoice) REFERENCES billing_invoice (year, number)
) PARTITION BY LIST (year);

CREATE FUNCTION billing_make_year(wanted integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    IF wanted NOT BETWEEN 2000 AND 2200 THEN RAISE EXCEPTION 'not a year'; END IF;
    PERFORM pg_advisory_xact_lock(1651076199, wanted);
    EXECUTE format('CREATE TABLE IF NOT EXISTS billing_invoice_%s PARTITION OF billing_invoice FOR VALUES IN (%s)', wanted, wanted);
    EXECUTE format('CREATE TABLE IF NOT EXISTS billing_payment_%s PARTITION OF billing_payment FOR VALUES IN (%s)', wanted, wanted);
END $$;

CREATE FUNCTION billing_drop_year(wanted integer, years integer, today date) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
-- The books of a year, once the years that law asks for have passed since its end.
DECLARE
    gone bigint;
BEGIN
    IF years < 7 OR make_date(wanted + 1, 1, 1) + make_interval(years => years) > today THEN
        RAISE EXCEPTION 'the books of that year must still be kept';
    END IF;
    IF to_regclass(format('billing_invoice_%s', wanted)) IS NULL THEN RETURN 0; END IF;
    EXECUTE format('SELECT count(*) FROM billing_invoice_%s', wanted) INTO gone;
    EXECUTE format('ALTER TABLE billing_payment DETACH PARTITION billing_payment_%s', wanted);
    EXECUTE format('DROP TABLE billing_payment_%s', wanted);
    EXECUTE format('ALTER TABLE billing_invoice DETACH PARTITION billing_invoice_%s', wanted);
    EXECUTE format('DROP TABLE billing_invoice_%s', wanted);
    RETURN gone;
END $$;

ALTER TABLE billing_customer ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON billing_customer USING (organisation_id = billing_organisation());

ALTER TABLE billing_subscription ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON billing_subscription USING (organisation_id = billing_organisation());

ALTER TABLE billing_licence ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON billing_licence USING (organisation_id IS NULL OR organisation_id = billing_organisation());

ALTER TABLE billing_invoice ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON billing_invoice USING (organisation_id = billing_organisation());

ALTER TABLE billing_payment ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON billing_payment USING (organisation_id = billing_organisation());
