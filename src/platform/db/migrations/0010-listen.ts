import type { Migration } from './migration.ts';

/** Posts of the public: where they come from, what they name, how many there were, and the bursts among them. */
export const listen: Migration = {
  name: '0010-listen',
  sql: `
create table listen_sources (
  id text primary key,
  kind text not null,
  name text not null,
  config jsonb not null,
  key_hash text unique,
  position text,
  health text not null default 'waiting' check (health in ('waiting', 'ok', 'failing', 'ended')),
  health_since bigint not null,
  last_seen_at bigint,
  last_post_at bigint,
  last_error_at bigint,
  last_error text,
  failures integer not null default 0,
  lease_owner text,
  lease_until bigint,
  owned_by text not null check (owned_by in ('file', 'console')),
  created_at bigint not null,
  archived_at bigint
);
create table listen_terms (
  service_id text primary key references services (id) on delete cascade,
  terms jsonb not null,
  updated_at bigint not null
);
create table listen_targets (
  target_kind text not null check (target_kind in ('service', 'upstream')),
  target_id text not null,
  name text not null,
  since bigint not null,
  primary key (target_kind, target_id)
);
create table listen_bins (
  bin_at bigint primary key,
  blind boolean not null
);

create table posts (
  id text primary key,
  source text not null references listen_sources (id) on delete cascade,
  external_id text not null,
  author_hash text not null,
  at bigint not null,
  seen_at bigint not null,
  text text not null,
  url text,
  language text,
  stance text not null check (stance in ('problem', 'thanks', 'joke', 'other')),
  stance_probability real not null,
  is_sure_thanks boolean not null,
  is_fresh_author boolean not null,
  reasons jsonb not null,
  unique (source, external_id)
);
create index posts_by_seen on posts (seen_at, id);
create index posts_by_author on posts (author_hash);
create table post_mentions (
  post_id text not null references posts (id) on delete cascade,
  target_kind text not null check (target_kind in ('service', 'upstream')),
  target_id text not null,
  matched text not null,
  primary key (post_id, target_kind, target_id)
);
create index post_mentions_by_target on post_mentions (target_kind, target_id, post_id);
create table post_keys (
  source text not null,
  key text not null,
  seen_at bigint not null,
  primary key (source, key)
);
create index post_keys_by_seen on post_keys (seen_at);
create table post_counts (
  target_kind text not null check (target_kind in ('service', 'upstream')),
  target_id text not null,
  bin_at bigint not null,
  stance text not null check (stance in ('problem', 'thanks', 'joke', 'other')),
  source text not null,
  posts integer not null,
  voices integer not null,
  fresh_voices integer not null,
  primary key (target_kind, target_id, bin_at, stance, source)
);
create index post_counts_by_bin on post_counts (bin_at);
create table stance_corrections (
  id text primary key,
  post_id text not null,
  at bigint not null,
  person_id text,
  from_stance text not null,
  to_stance text not null,
  probability real not null,
  cues jsonb not null
);

create table burst_series (
  measure text not null check (measure in ('posts', 'reports')),
  target_kind text not null check (target_kind in ('service', 'upstream')),
  target_id text not null,
  state jsonb not null,
  stepped_at bigint not null,
  in_burst boolean not null,
  primary key (measure, target_kind, target_id)
);
create index burst_series_in_burst on burst_series (stepped_at) where in_burst;
create table bursts (
  id text primary key,
  measure text not null check (measure in ('posts', 'reports')),
  target_kind text not null check (target_kind in ('service', 'upstream')),
  target_id text not null,
  since bigint not null,
  known_at bigint not null,
  stage text not null check (stage in ('onset', 'peak', 'decline', 'end')),
  learning boolean not null,
  confidence real not null,
  suspect boolean not null,
  signalled boolean not null,
  peak real not null,
  peak_at bigint not null,
  decline_at bigint,
  ended_at bigint,
  end_reason text,
  incident_id text references incidents (id) on delete set null,
  evidence jsonb not null
);
create unique index bursts_open on bursts (measure, target_kind, target_id) where ended_at is null;
create index bursts_by_target on bursts (target_kind, target_id, since desc);
create index bursts_by_incident on bursts (incident_id) where incident_id is not null`,
};
