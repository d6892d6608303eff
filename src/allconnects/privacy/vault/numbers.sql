-- National numbers: ciphertext under a key of the person, and a keyed hash to find a number entered twice.
CREATE TABLE vault_number (
    organisation_id integer NOT NULL,
    person uuid NOT NULL,
    sealed bytea NOT NULL CHECK (octet_length(sealed) = 40),
    finder bytea NOT NULL CHECK (octet_length(finder) = 32),
    entered_at timestamptz NOT NULL,
    entered_by text NOT NULL,
    PRIMARY KEY (organisation_id, person),
    UNIQUE (organisation_id, finder)
);

-- Each use: which connector, for whom, who asked, under which reference. Only ever added to.
CREATE TABLE vault_number_use (
    at timestamptz NOT NULL,
    organisation_id integer NOT NULL,
    person uuid NOT NULL,
    connector text NOT NULL CHECK (connector ~ '^[a-z_.]{1,40}$'),
    who text NOT NULL,
    reference text NOT NULL CHECK (reference ~ '^[A-Za-z0-9._/-]{1,64}$')
);

CREATE INDEX vault_number_use_person ON vault_number_use (organisation_id, person, at);

CREATE INDEX vault_number_use_at ON vault_number_use (at);

CREATE FUNCTION vault_forget_number_uses(before date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF before > (now() - interval '365 days')::date THEN
        RAISE EXCEPTION 'uses of national numbers are kept for a year at least';
    END IF;
    DELETE FROM public.vault_number_use WHERE at < before;
END $$;
