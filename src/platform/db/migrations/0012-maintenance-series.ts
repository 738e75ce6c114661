import type { Migration } from './migration.ts';

/** Maintenance that comes again, and what subscribers are told before. */
export const maintenanceSeries: Migration = {
  name: '0012-maintenance-series',
  sql: `
create table maintenance_series (
  id text primary key,
  title text not null,
  body text not null default '',
  first_at bigint not null,
  duration_ms bigint not null check (duration_ms > 0),
  time_zone text not null,
  rule text not null,
  announce_before_ms bigint not null,
  last_at bigint,
  plan_at bigint,
  created_by text,
  created_at bigint not null,
  ended_at bigint
);
create index maintenance_series_due on maintenance_series (plan_at) where plan_at is not null;
create table maintenance_series_services (
  series_id text not null references maintenance_series (id) on delete cascade,
  service_id text not null references services (id) on delete cascade,
  primary key (series_id, service_id)
);
alter table maintenances add column series_id text references maintenance_series (id) on delete set null;
alter table maintenances add column announce_before_ms bigint not null default 259200000;
alter table maintenances add column announced_at bigint;
-- What runs or is over was told about in its time.
update maintenances set announced_at = updated_at where status <> 'scheduled'`,
};
