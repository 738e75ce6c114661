import type { Migration } from './migration.ts';

/** The status page, its subscribers, reports from the public, and thanks. */
export const pageAndThanks: Migration = {
  name: '0003-page-and-thanks',
  sql: `
create table status_pages (
  id text primary key,
  title text not null,
  description text not null default '',
  time_zone text not null default 'UTC',
  announce text not null default 'auto' check (announce in ('auto', 'manual')),
  owned_by text not null check (owned_by in ('file', 'console')),
  created_at bigint not null,
  updated_at bigint not null
);
create table component_groups (
  id text primary key,
  page_id text not null references status_pages (id) on delete cascade,
  name text not null,
  position integer not null
);
create table components (
  id text primary key,
  page_id text not null references status_pages (id) on delete cascade,
  group_id text references component_groups (id) on delete cascade,
  service_id text not null references services (id) on delete cascade,
  name text not null,
  description text not null default '',
  position integer not null,
  created_at bigint not null,
  updated_at bigint not null,
  unique (page_id, service_id)
);

create table maintenances (
  id text primary key,
  title text not null,
  body text not null default '',
  starts_at bigint not null,
  ends_at bigint not null check (ends_at > starts_at),
  status text not null check (status in ('scheduled', 'in_progress', 'completed', 'cancelled')),
  created_by text,
  created_at bigint not null,
  updated_at bigint not null
);
create table maintenance_services (
  maintenance_id text not null references maintenances (id) on delete cascade,
  service_id text not null references services (id) on delete cascade,
  primary key (maintenance_id, service_id)
);

create table subscribers (
  id text primary key,
  page_id text not null references status_pages (id) on delete cascade,
  email text not null,
  status text not null check (status in ('pending', 'confirmed', 'unsubscribed')),
  created_at bigint not null,
  confirmed_at bigint,
  unsubscribed_at bigint
);
create unique index subscribers_by_email on subscribers (page_id, lower(email));

create table mails (
  id text primary key,
  purpose text not null,
  dedup_key text not null unique,
  to_address text not null,
  subject text not null,
  body_text text not null,
  body_html text,
  headers jsonb not null default '{}',
  status text not null check (status in ('pending', 'sending', 'sent', 'failed')),
  attempt integer not null default 0,
  next_attempt_at bigint not null,
  lease_owner text,
  lease_until bigint,
  created_at bigint not null,
  sent_at bigint,
  error text
);
create index mails_due on mails (next_attempt_at) where status = 'pending';
create index mails_leased on mails (lease_until) where status = 'sending';

create table reports (
  id text primary key,
  service_id text not null references services (id) on delete cascade,
  at bigint not null,
  visitor_hash text not null
);
create index reports_by_service on reports (service_id, at);
create index reports_by_visitor on reports (visitor_hash, service_id, at);

create table thanks_windows (
  incident_id text primary key references incidents (id) on delete cascade,
  opens_at bigint not null,
  closes_at bigint not null
);
create table credits (
  incident_id text not null references incidents (id) on delete cascade,
  person_id text not null references people (id) on delete cascade,
  reasons jsonb not null,
  computed_at bigint not null,
  declined_at bigint,
  primary key (incident_id, person_id)
);
create index credits_by_person on credits (person_id);
create table hugs (
  id text primary key,
  incident_id text not null references incidents (id) on delete cascade,
  kind text not null check (kind in ('hug', 'coffee', 'cake', 'chocolates', 'flowers', 'star')),
  message text,
  source text not null check (source in ('visitor', 'colleague')),
  visitor_hash text,
  from_person_id text references people (id) on delete set null,
  status text not null check (status in ('held', 'approved', 'rejected', 'withdrawn')),
  created_at bigint not null,
  moderated_at bigint,
  moderated_by text
);
create unique index hugs_once_a_visitor on hugs (incident_id, visitor_hash) where visitor_hash is not null;
create index hugs_by_incident on hugs (incident_id, status);
create index hugs_held on hugs (created_at) where status = 'held';
create table hug_deliveries (
  hug_id text not null references hugs (id) on delete cascade,
  person_id text not null references people (id) on delete cascade,
  due_at bigint not null,
  mail_id text references mails (id) on delete set null,
  bundled_at bigint,
  primary key (hug_id, person_id)
);
create index hug_deliveries_waiting on hug_deliveries (due_at) where bundled_at is null;
create index hug_deliveries_by_person on hug_deliveries (person_id)`,
};
