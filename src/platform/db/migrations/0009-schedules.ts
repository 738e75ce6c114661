import type { Migration } from './migration.ts';

/** Time off, swaps that ask and answer, overrides that stand in for one person, and secret links to calendars. */
export const schedules: Migration = {
  name: '0009-schedules',
  sql: `
-- Set on an override that takes only the time in which that person would have been on call.
alter table schedule_overrides add column instead_of text references people (id) on delete cascade;

create table time_off (
  id text primary key,
  person_id text not null references people (id) on delete cascade,
  from_at bigint not null,
  until_at bigint not null check (until_at > from_at),
  note text,
  created_by text,
  created_at bigint not null
);
create index time_off_by_time on time_off (until_at, person_id);

-- asker_id gives away from_at to until_at; what comes back in exchange is return_from_at to return_until_at, or nothing.
create table shift_swaps (
  id text primary key,
  schedule_id text not null references schedules (id) on delete cascade,
  asker_id text not null references people (id) on delete cascade,
  asked_id text not null references people (id) on delete cascade check (asked_id <> asker_id),
  from_at bigint not null,
  until_at bigint not null check (until_at > from_at),
  return_from_at bigint,
  return_until_at bigint check (return_until_at > return_from_at),
  message text,
  status text not null default 'asked' check (status in ('asked', 'accepted', 'declined', 'withdrawn')),
  created_at bigint not null,
  answered_at bigint,
  check ((return_from_at is null) = (return_until_at is null))
);
create index shift_swaps_open on shift_swaps (until_at) where status = 'asked';

-- Without a schedule: the shifts of the person whose link it is.
create table calendar_links (
  id text primary key,
  person_id text not null references people (id) on delete cascade,
  schedule_id text references schedules (id) on delete cascade,
  created_at bigint not null,
  last_read_at bigint,
  revoked_at bigint
);
create unique index calendar_links_once on calendar_links (person_id, coalesce(schedule_id, '')) where revoked_at is null`,
};
