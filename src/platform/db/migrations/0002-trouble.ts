import type { Migration } from './migration.ts';

/** Services, checks, signals, incidents, the event log and the pager. */
export const trouble: Migration = {
  name: '0002-trouble',
  sql: `
create table services (
  id text primary key,
  name text not null,
  description text not null default '',
  team_id text references teams (id) on delete set null,
  policy_id text references policies (id) on delete set null,
  status text not null default 'unknown' check (status in ('up', 'degraded', 'down', 'unknown')),
  status_since bigint not null,
  owned_by text not null check (owned_by in ('file', 'console')),
  created_at bigint not null,
  archived_at bigint
);
create table service_dependencies (
  service_id text not null references services (id) on delete cascade,
  depends_on text not null,
  hardness text not null default 'hard' check (hardness in ('hard', 'soft')),
  primary key (service_id, depends_on)
);
create index service_dependencies_back on service_dependencies (depends_on);
create table service_status_changes (
  service_id text not null references services (id) on delete cascade,
  at bigint not null,
  seq bigint generated always as identity,
  status text not null,
  reason text not null,
  primary key (service_id, at, seq)
);

create table checks (
  id text primary key,
  service_id text not null references services (id) on delete cascade,
  kind text not null,
  name text not null,
  config jsonb not null,
  interval_ms integer not null check (interval_ms >= 1000),
  timeout_ms integer not null check (timeout_ms > 0),
  failure_threshold integer not null default 2 check (failure_threshold > 0),
  recovery_threshold integer not null default 2 check (recovery_threshold > 0),
  severity text not null default 'critical' check (severity in ('critical', 'major', 'minor')),
  ping_key text unique,
  paused boolean not null default false,
  verdict text not null default 'unknown' check (verdict in ('up', 'degraded', 'down', 'unknown')),
  verdict_since bigint not null,
  verdict_reason text not null default 'no-result-yet',
  state jsonb not null default '{}',
  due_at bigint,
  owned_by text not null check (owned_by in ('file', 'console')),
  created_at bigint not null,
  archived_at bigint
);
create index checks_by_service on checks (service_id);
create index checks_overdue on checks (due_at) where due_at is not null and archived_at is null;

create table check_results (
  check_id text not null,
  at bigint not null,
  location text not null,
  ok boolean not null,
  total_ms real,
  phases jsonb,
  error text,
  error_code text
) partition by range (at);
create index check_results_by_check on check_results (check_id, at);

create table check_rollups (
  check_id text not null,
  location text not null,
  bucket_at bigint not null,
  ok_count integer not null,
  fail_count integer not null,
  total_ms_sum double precision not null,
  total_ms_max real not null,
  primary key (check_id, location, bucket_at)
);

create table integrations (
  id text primary key,
  kind text not null,
  name text not null,
  service_id text not null references services (id) on delete cascade,
  key_hash text not null unique,
  key_hint text not null,
  owned_by text not null check (owned_by in ('file', 'console')),
  created_at bigint not null,
  archived_at bigint
);

create table incidents (
  id text primary key,
  number bigint generated always as identity unique,
  title text not null,
  public_title text not null,
  service_id text references services (id) on delete set null,
  team_id text references teams (id) on delete set null,
  severity text not null check (severity in ('critical', 'major', 'minor')),
  status text not null check (status in ('triggered', 'acknowledged', 'resolved')),
  phase text not null check (phase in ('investigating', 'identified', 'monitoring', 'resolved')),
  is_public boolean not null,
  opened_by text not null check (opened_by in ('signal', 'person')),
  owner_id text references people (id) on delete set null,
  opened_at bigint not null,
  acknowledged_at bigint,
  acknowledged_by text,
  resolved_at bigint,
  resolved_by text,
  merged_into_id text references incidents (id)
);
create index incidents_open on incidents (opened_at) where status <> 'resolved';
create index incidents_open_by_service on incidents (service_id) where status <> 'resolved';
create index incidents_by_time on incidents (opened_at desc);
create table incident_services (
  incident_id text not null references incidents (id) on delete cascade,
  service_id text not null references services (id) on delete cascade,
  impact text not null check (impact in ('operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance')),
  primary key (incident_id, service_id)
);
create index incident_services_by_service on incident_services (service_id);

create table alerts (
  id text primary key,
  incident_id text not null references incidents (id) on delete cascade,
  service_id text not null references services (id) on delete cascade,
  source_kind text not null,
  source_id text not null,
  dedup_key text not null,
  status text not null check (status in ('firing', 'ok')),
  severity text not null check (severity in ('critical', 'major', 'minor')),
  summary text not null,
  evidence jsonb not null,
  signal_count integer not null default 1,
  first_at bigint not null,
  last_at bigint not null
);
create unique index alerts_firing on alerts (source_kind, source_id, dedup_key) where status = 'firing';
create index alerts_by_incident on alerts (incident_id);

create table signals (
  id text primary key,
  seq bigint generated always as identity,
  service_id text references services (id) on delete cascade,
  source_kind text not null,
  source_id text not null,
  dedup_key text not null,
  status text not null check (status in ('firing', 'ok')),
  severity text not null check (severity in ('critical', 'major', 'minor')),
  summary text not null,
  evidence jsonb not null,
  at bigint not null,
  received_at bigint not null,
  outcome text,
  incident_id text references incidents (id) on delete set null
);
create index signals_waiting on signals (seq) where outcome is null;
create index signals_muted on signals (seq) where outcome = 'mute:maintenance';
create index signals_by_key on signals (source_kind, source_id, dedup_key, seq);
create index signals_by_service on signals (service_id, at);

create table events (
  seq bigint generated always as identity primary key,
  txid xid8 not null default pg_current_xact_id(),
  id text not null unique,
  at bigint not null,
  kind text not null,
  incident_id text references incidents (id) on delete cascade,
  service_id text references services (id) on delete cascade,
  actor_kind text not null check (actor_kind in ('system', 'person', 'signal', 'visitor', 'api')),
  actor_id text,
  data jsonb not null default '{}'
);
create index events_by_cursor on events (txid, seq);
create index events_by_incident on events (incident_id, seq) where incident_id is not null;

create table cursors (
  name text primary key,
  seen text not null,
  until text,
  seq bigint not null,
  updated_at bigint not null
);

create table escalations (
  incident_id text primary key references incidents (id) on delete cascade,
  policy_id text,
  steps jsonb not null,
  repeat_count integer not null,
  step_index integer not null,
  loops_done integer not null,
  round integer not null,
  next_action_at bigint,
  updated_at bigint not null
);
create index escalations_due on escalations (next_action_at) where next_action_at is not null;

create table pages (
  id text primary key,
  incident_id text references incidents (id) on delete cascade,
  person_id text not null references people (id) on delete cascade,
  contact_method_id text not null references contact_methods (id) on delete cascade,
  kind text not null check (kind in ('incident', 'summary', 'test')),
  reason text not null,
  round integer not null,
  status text not null check (status in ('pending', 'sending', 'sent', 'failed', 'cancelled')),
  attempt integer not null default 0,
  resend_count integer not null default 0,
  next_attempt_at bigint not null,
  lease_owner text,
  lease_until bigint,
  created_at bigint not null,
  sent_at bigint,
  provider_ref text,
  error text,
  cancel_reason text,
  summary_id text references pages (id),
  data jsonb not null default '{}'
);
create unique index pages_once on pages (incident_id, contact_method_id, round) where incident_id is not null;
create index pages_due on pages (next_attempt_at) where status = 'pending';
create index pages_leased on pages (lease_until) where status = 'sending';
create index pages_by_incident on pages (incident_id)`,
};
