import type { Migration } from './migration.ts';

/** Places that checks are run from beside the server itself. */
export const probes: Migration = {
  name: '0006-probes',
  sql: `
alter table checks add column locations jsonb not null default '["local"]';
alter table checks add column agreement text not null default 'majority';
create table probes (
  id text primary key,
  name text not null,
  token_hash text not null unique,
  token_hint text not null,
  version text,
  last_seen_at bigint,
  gone_since bigint,
  owned_by text not null check (owned_by in ('file', 'console')),
  created_at bigint not null,
  archived_at bigint
);
create table probe_logs (
  probe_id text not null references probes (id) on delete cascade,
  log_id text not null,
  taken_seq bigint not null,
  dropped bigint not null default 0,
  updated_at bigint not null,
  primary key (probe_id, log_id)
)`,
};
