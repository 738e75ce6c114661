import type { Migration } from './migration.ts';

/** Settings, sign-in, people, teams, schedules and policies. Times are epoch milliseconds in bigint columns
 * (docs/adr/0003-time-is-epoch-milliseconds.md), except in the auth_* tables, whose columns belong to better-auth. Ids that a person may choose in
 * hugops.yaml are text. */
export const people: Migration = {
  name: '0001-people',
  sql: `
create table settings (
  key text primary key,
  value jsonb not null,
  updated_at bigint not null
);

create table auth_users (
  id text primary key,
  name text not null,
  email text not null unique,
  email_verified boolean not null default false,
  image text,
  role text not null default 'viewer' check (role in ('owner', 'admin', 'responder', 'viewer')),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create table auth_sessions (
  id text primary key,
  token text not null unique,
  user_id text not null references auth_users (id) on delete cascade,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index auth_sessions_by_user on auth_sessions (user_id);
create table auth_accounts (
  id text primary key,
  account_id text not null,
  provider_id text not null,
  user_id text not null references auth_users (id) on delete cascade,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  password text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index auth_accounts_by_user on auth_accounts (user_id);
create table auth_verifications (
  id text primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create index auth_verifications_by_identifier on auth_verifications (identifier);
create table auth_api_keys (
  id text primary key,
  config_id text not null default 'default',
  name text,
  start text,
  prefix text,
  key text not null unique,
  reference_id text not null,
  refill_interval integer,
  refill_amount integer,
  last_refill_at timestamptz,
  enabled boolean not null default true,
  rate_limit_enabled boolean not null default false,
  rate_limit_time_window integer,
  rate_limit_max integer,
  request_count integer not null default 0,
  remaining integer,
  last_request timestamptz,
  expires_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  permissions text,
  metadata text
);
create index auth_api_keys_by_reference on auth_api_keys (reference_id);

create table people (
  id text primary key,
  name text not null,
  email text not null,
  time_zone text not null,
  waking_hours jsonb not null,
  show_name boolean not null default false,
  user_id text unique references auth_users (id) on delete set null,
  owned_by text not null check (owned_by in ('file', 'console')),
  created_at bigint not null,
  archived_at bigint
);
create unique index people_by_email on people (lower(email)) where archived_at is null;

create table contact_methods (
  id text primary key,
  person_id text not null references people (id) on delete cascade,
  kind text not null,
  label text not null,
  config jsonb not null,
  position integer not null,
  owned_by text not null check (owned_by in ('file', 'console')),
  created_at bigint not null,
  archived_at bigint
);
create index contact_methods_by_person on contact_methods (person_id, position);

create table policies (
  id text primary key,
  name text not null,
  steps jsonb not null,
  repeat_count integer not null default 0 check (repeat_count >= 0),
  owned_by text not null check (owned_by in ('file', 'console')),
  created_at bigint not null,
  archived_at bigint
);

create table teams (
  id text primary key,
  name text not null,
  policy_id text references policies (id) on delete set null,
  publish_hugs_unseen boolean not null default false,
  owned_by text not null check (owned_by in ('file', 'console')),
  created_at bigint not null,
  archived_at bigint
);
create table team_members (
  team_id text not null references teams (id) on delete cascade,
  person_id text not null references people (id) on delete cascade,
  is_lead boolean not null default false,
  primary key (team_id, person_id)
);
create index team_members_by_person on team_members (person_id);

create table schedules (
  id text primary key,
  name text not null,
  time_zone text not null,
  layers jsonb not null,
  owned_by text not null check (owned_by in ('file', 'console')),
  created_at bigint not null,
  archived_at bigint
);
create table schedule_overrides (
  id text primary key,
  schedule_id text not null references schedules (id) on delete cascade,
  person_id text not null references people (id) on delete cascade,
  from_at bigint not null,
  until_at bigint not null check (until_at > from_at),
  created_by text,
  created_at bigint not null
);
create index schedule_overrides_by_time on schedule_overrides (schedule_id, until_at)`,
};
