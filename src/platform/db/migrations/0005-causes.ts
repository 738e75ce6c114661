import type { Migration } from './migration.ts';

/** What is likely behind an incident, what people ruled about it, and which teams were called for it. */
export const causes: Migration = {
  name: '0005-causes',
  sql: `
create table incident_causes (
  incident_id text not null references incidents (id) on delete cascade,
  rank integer not null check (rank > 0),
  kind text not null check (kind in ('service', 'upstream')),
  cause_id text not null,
  confidence real not null check (confidence between 0 and 1),
  evidence jsonb not null,
  decided_by text not null check (decided_by in ('hugops', 'person')),
  at bigint not null,
  primary key (incident_id, rank)
);
create index incident_causes_by_cause on incident_causes (cause_id) where rank = 1;
create table incident_rulings (
  incident_id text not null references incidents (id) on delete cascade,
  ruling text not null check (ruling in ('is-cause', 'not-cause', 'stands-alone')),
  cause_id text not null default '',
  person_id text,
  at bigint not null,
  primary key (incident_id, ruling, cause_id)
);
create table incident_teams (
  incident_id text not null references incidents (id) on delete cascade,
  whom text not null,
  called_at bigint not null,
  primary key (incident_id, whom)
)`,
};
