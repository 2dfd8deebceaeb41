-- Two tenants for a try. All accounts have one password; its hash is in the variable `hash` of psql.
INSERT INTO accounts (name, password_hash, tenant, roles, scope)
SELECT name, :'hash', tenant, roles, scope
FROM (VALUES
    ('ann',   'acme',   ARRAY['editor'], 'reports:read reports:write'),
    ('bob',   'acme',   ARRAY['viewer'], 'reports:read'),
    ('carol', 'acme',   ARRAY['admin'],  'reports:read reports:write'),
    ('dora',  'acme',   ARRAY['editor'], 'reports:read'),
    ('eve',   'globex', ARRAY['editor'], 'reports:read reports:write')
) AS demo (name, tenant, roles, scope);

INSERT INTO reports (id, tenant, owner, body) VALUES
    (1, 'acme',   'ann', 'Costs of the first quarter'),
    (2, 'acme',   'bob', 'Costs of the second quarter'),
    (3, 'globex', 'eve', 'Plans of another company');
