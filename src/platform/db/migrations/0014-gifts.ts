import type { Migration } from './migration.ts';

/** Gifts that leads add to thanks, the ledger that they are paid from, thanks that go on to a provider, thanks in public posts, and quiet saves. */
export const gifts: Migration = {
  name: '0014-gifts',
  sql: `
create table gift_budgets (
  team_id text primary key references teams (id) on delete cascade,
  currency text not null,
  approval_above bigint not null check (approval_above >= 0),
  updated_at bigint not null
);
create table gifts (
  id text primary key,
  team_id text not null references gift_budgets (team_id) on delete cascade,
  incident_id text not null references incidents (id) on delete cascade,
  person_id text not null references people (id) on delete cascade,
  kind text not null check (kind in ('time-off', 'link')),
  what text not null,
  url text,
  minutes integer check (minutes > 0),
  cost bigint not null check (cost >= 0),
  status text not null check (status in ('waiting', 'given', 'refused')),
  asked_by text not null,
  asked_at bigint not null,
  decided_by text,
  decided_at bigint
);
create index gifts_by_person on gifts (person_id);
create index gifts_by_team on gifts (team_id, asked_at);
create table gift_ledger (
  id text primary key,
  seq bigint generated always as identity unique,
  team_id text not null references gift_budgets (team_id) on delete cascade,
  gift_id text references gifts (id) on delete cascade,
  kind text not null check (kind in ('budget', 'gift', 'return')),
  amount bigint not null,
  balance bigint not null check (balance >= 0),
  by_person text,
  at bigint not null
);
create index gift_ledger_by_team on gift_ledger (team_id, seq);

create table onward_thanks (
  incident_id text not null references incidents (id) on delete cascade,
  network text not null check (network in ('bluesky', 'mastodon', 'x')),
  started integer not null check (started > 0),
  primary key (incident_id, network)
);

alter table thanks_windows add column posts_seen_at bigint;
alter table thanks_windows add column posts_seen_id text;

create table quiet_watches (
  incident_id text primary key references incidents (id) on delete cascade,
  due_at bigint not null
);
create index quiet_watches_due on quiet_watches (due_at);
create table quiet_saves (
  id text primary key,
  incident_id text not null references incidents (id) on delete cascade,
  service_id text not null references services (id) on delete cascade,
  kind text not null check (kind in ('caught', 'upstream', 'expiry', 'near-miss')),
  at bigint not null,
  days_left integer,
  disputed_at bigint,
  disputed_by text references people (id) on delete set null,
  dispute_reason text,
  unique (incident_id, service_id)
);
create index quiet_saves_by_time on quiet_saves (at desc)`,
};
