import type { Migration } from './migration.ts';

/** Providers that services depend on: their feeds, what they say, and which signals stand on it. */
export const upstreams: Migration = {
  name: '0004-upstreams',
  sql: `
create table upstream_providers (
  id text primary key,
  name text not null,
  page_url text not null,
  feed_kind text not null,
  feed_url text not null,
  created_at bigint not null
);
create table upstream_feeds (
  provider text primary key,
  url text not null,
  next_fetch_at bigint,
  lease_until bigint,
  etag text,
  last_modified text,
  failures integer not null default 0,
  health text not null default 'waiting' check (health in ('waiting', 'ok', 'failing', 'changed-format')),
  last_attempt_at bigint,
  last_ok_at bigint,
  last_changed_at bigint,
  last_error_at bigint,
  last_error text
);
create index upstream_feeds_due on upstream_feeds (next_fetch_at) where next_fetch_at is not null;
create table upstream_notices (
  id text primary key,
  provider text not null references upstream_feeds (provider) on delete cascade,
  notice_id text not null,
  kind text not null check (kind in ('incident', 'maintenance')),
  title text not null,
  url text,
  state text not null,
  impact text not null,
  lists text not null check (lists in ('current', 'recent')),
  started_at bigint not null,
  updated_at bigint not null,
  ended_at bigint,
  public_at bigint not null,
  seen_at bigint not null,
  missing_since bigint,
  parts jsonb not null,
  regions jsonb not null,
  content_hash text not null
);
create unique index upstream_notices_open on upstream_notices (provider, notice_id) where ended_at is null;
create index upstream_notices_by_time on upstream_notices (provider, started_at desc);
create table upstream_notice_updates (
  notice_id text not null references upstream_notices (id) on delete cascade,
  update_id text not null,
  at bigint not null,
  state text not null,
  body text not null,
  seen_at bigint not null,
  primary key (notice_id, update_id)
);
create table upstream_parts (
  provider text not null references upstream_feeds (provider) on delete cascade,
  part_id text not null,
  name text not null,
  group_name text,
  product text,
  regions jsonb not null,
  impact text not null,
  since bigint not null,
  primary key (provider, part_id)
);
create table upstreams (
  id text primary key,
  provider text not null,
  state text not null,
  state_reason text not null,
  state_since bigint not null
);
create table upstream_signals (
  notice_id text not null references upstream_notices (id) on delete cascade,
  service_id text not null references services (id) on delete cascade,
  upstream_id text not null,
  severity text not null check (severity in ('critical', 'major', 'minor')),
  raised_at bigint not null,
  primary key (notice_id, service_id)
)`,
};
