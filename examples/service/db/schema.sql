-- What the service stores. The owner of the tables is not the role that the service logs in as.

CREATE TABLE accounts (
    name          text PRIMARY KEY CHECK (name = lower(name)),
    password_hash text NOT NULL,            -- Argon2id in PHC form
    tenant        text NOT NULL,
    roles         text[] NOT NULL,
    scope         text NOT NULL             -- what its tokens may be used for, separated by blanks
);

CREATE TABLE reports (
    id     bigint PRIMARY KEY,
    tenant text NOT NULL,
    owner  text NOT NULL REFERENCES accounts (name),
    body   text NOT NULL
);

-- One row for each login. Each refresh moves `current` on, and a refresh token that is not current ends the family.
CREATE TABLE refresh_families (
    id      text PRIMARY KEY,
    subject text NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    current text NOT NULL,                  -- `jti` of the one refresh token that works
    expires timestamptz NOT NULL
);
CREATE INDEX ON refresh_families (subject);
CREATE INDEX ON refresh_families (expires);

-- The service gets what it needs, and no more.
GRANT SELECT ON accounts TO reports;
GRANT SELECT, UPDATE (body) ON reports TO reports;
GRANT SELECT, INSERT, UPDATE (current), DELETE ON refresh_families TO reports;
