import type { Migration } from './migration.ts';

/** Where the status page is pushed to besides being served here, and what each place has. */
export const publishing: Migration = {
  name: '0011-publishing',
  sql: `
create table publish_targets (
  id text primary key,
  page_id text not null references status_pages (id) on delete cascade,
  kind text not null,
  config jsonb not null,
  owned_by text not null check (owned_by in ('file', 'console')),
  created_at bigint not null,
  archived_at bigint,
  published_at bigint,
  pushed_at bigint,
  files jsonb not null default '{}',
  failures integer not null default 0,
  next_attempt_at bigint not null default 0,
  error text
)`,
};
