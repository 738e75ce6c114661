import type { Migration } from './migration.ts';

/** Thanks windows that open when it is steady, credit with its evidence, hugs from elsewhere, and when people may be thanked. */
export const thanks: Migration = {
  name: '0013-thanks',
  sql: `
alter table thanks_windows add column opened_at bigint;
alter table thanks_windows add column closed_at bigint;
update thanks_windows set opened_at = opens_at;
create index thanks_windows_opening on thanks_windows (opens_at) where opened_at is null;
create index thanks_windows_closing on thanks_windows (closes_at) where opened_at is not null and closed_at is null;

alter table credits add column hidden_at bigint;
create table credit_additions (
  incident_id text not null references incidents (id) on delete cascade,
  person_id text not null references people (id) on delete cascade,
  reason text not null check (reason in ('led', 'fixed', 'communicated', 'supported', 'reviewed', 'helped')),
  added_by text,
  added_at bigint not null,
  primary key (incident_id, person_id, reason)
);
create table change_keys (
  id text primary key,
  name text not null,
  service_id text references services (id) on delete cascade,
  key_hash text not null unique,
  key_hint text not null,
  created_at bigint not null,
  archived_at bigint
);
create table changes (
  id text primary key,
  source text not null,
  kind text not null check (kind in ('commit', 'deploy', 'runbook')),
  external_id text not null,
  service_id text references services (id) on delete cascade,
  incident_id text references incidents (id) on delete cascade,
  person_id text references people (id) on delete set null,
  title text not null,
  url text,
  at bigint not null,
  created_at bigint not null,
  unique (source, kind, external_id)
);
create index changes_by_service on changes (service_id, at);
create index changes_by_incident on changes (incident_id) where incident_id is not null;

alter table hugs drop constraint hugs_source_check;
alter table hugs add constraint hugs_source_check check (source in ('visitor', 'colleague', 'post', 'app'));
alter table hugs add column addressed_to text not null default 'team' check (addressed_to in ('team', 'fixers'));
alter table hugs add column held_reason text;
alter table hugs add column post_id text;
alter table hugs add column queued_at bigint;
update hugs set queued_at = created_at where status = 'approved';
create unique index hugs_once_a_post on hugs (incident_id, post_id) where post_id is not null;
create index hugs_to_queue on hugs (id) where status = 'approved' and queued_at is null;
create index hugs_of_posts on hugs (post_id) where source = 'post' and message is not null;
create table thank_preferences (
  person_id text primary key references people (id) on delete cascade,
  channel text not null default 'email' check (channel in ('email', 'archive')),
  working_hours jsonb,
  holidays jsonb not null default '[]',
  time_off jsonb not null default '[]',
  updated_at bigint not null
)`,
};
