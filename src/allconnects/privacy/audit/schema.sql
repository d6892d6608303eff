-- One chain for each organisation; organisation 0 is the operator's. Statements end at a blank line.
CREATE TABLE privacy_audit (
    organisation_id integer     NOT NULL,
    number          bigint      NOT NULL CHECK (number > 0),
    at              timestamptz NOT NULL,
    actor           text        NOT NULL CHECK (actor ~ '^(account|token|process|operator|person):[a-z0-9-]+$'),
    action          text        NOT NULL CHECK (action ~ '^[a-z_]+(\.[a-z_]+)+$'),
    about           text        NOT NULL CHECK (about ~ '^([a-z_]+:[A-Za-z0-9-]+)?$'),
    details         jsonb       NOT NULL,
    previous        bytea       NOT NULL,
    mac             bytea       NOT NULL,
    PRIMARY KEY (organisation_id, number)
);

CREATE INDEX privacy_audit_about ON privacy_audit (organisation_id, about, number) WHERE about <> '';

CREATE FUNCTION privacy_append_only() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER privacy_audit_grows BEFORE UPDATE OR DELETE ON privacy_audit
FOR EACH ROW EXECUTE FUNCTION privacy_append_only();

CREATE TRIGGER privacy_audit_not_emptied BEFORE TRUNCATE ON privacy_audit
FOR EACH STATEMENT EXECUTE FUNCTION privacy_append_only();
