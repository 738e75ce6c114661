import type { Migration } from './migration.ts';

/** Personal notification rules, channels of a team, snooze, acknowledgement time-out, turns of a team, and what the auditor finds. */
export const engine: Migration = {
  name: '0008-engine',
  sql: `
alter table people add column notification_rules jsonb;

-- A contact method belongs to a person, or is a team's channel, which nobody answers for.
alter table contact_methods
  alter column person_id drop not null,
  add column team_id text references teams (id) on delete cascade,
  add column failing_since bigint,
  add column failing_told_at bigint,
  add column last_ok_at bigint,
  add constraint contact_methods_of_one check (num_nonnulls(person_id, team_id) = 1);
create index contact_methods_by_team on contact_methods (team_id) where team_id is not null;

-- due_at: when the page was first to be sent; position: its place in the person's rules; held_for: why it waits for longer.
alter table pages
  alter column person_id drop not null,
  add column due_at bigint,
  add column position integer not null default 0,
  add column held_for text check (held_for in ('quiet-hours'));
update pages set due_at = created_at;
alter table pages alter column due_at set not null;
alter table pages drop constraint pages_kind_check;
alter table pages add constraint pages_kind_check check (kind in ('incident', 'summary', 'test', 'notice'));
drop index pages_once;
create unique index pages_once on pages (incident_id, contact_method_id, round, position) where incident_id is not null;
create index pages_on_their_way on pages (contact_method_id, sent_at) where status in ('sending', 'sent');
create index pages_by_summary on pages (summary_id) where summary_id is not null;

alter table policies
  add column acknowledge_timeout_ms bigint check (acknowledge_timeout_ms > 0),
  add column auto_resolve_ms bigint check (auto_resolve_ms > 0);
alter table escalations
  add column acknowledge_timeout_ms bigint,
  add column auto_resolve_ms bigint,
  add column snoozed_until bigint;

create table round_robins (
  team_id text primary key references teams (id) on delete cascade,
  last_person_id text not null
);

create table audit_findings (
  id text primary key,
  law text not null,
  what text not null,
  is_broken boolean not null,
  incident_id text references incidents (id) on delete cascade,
  found_at bigint not null,
  seen_at bigint not null
)`,
};
