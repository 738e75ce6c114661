import type { Migration } from './migration.ts';

/** What is written down when an incident is over, who read it, and what is to be done about it. */
export const postmortems: Migration = {
  name: '0015-postmortems',
  sql: `
create table postmortems (
  id text primary key,
  incident_id text not null unique references incidents (id) on delete cascade,
  state text not null default 'draft' check (state in ('draft', 'published')),
  title text not null,
  body text not null,
  public_body text not null,
  version integer not null default 1 check (version > 0),
  on_status_page boolean not null default false,
  created_at bigint not null,
  updated_at bigint not null,
  updated_by text references people (id) on delete set null,
  published_at bigint,
  check (state = 'published' or not on_status_page)
);
create table postmortem_reviews (
  postmortem_id text not null references postmortems (id) on delete cascade,
  person_id text not null references people (id) on delete cascade,
  version integer not null,
  at bigint not null,
  primary key (postmortem_id, person_id)
);
create table action_items (
  id text primary key,
  postmortem_id text not null references postmortems (id) on delete cascade,
  text text not null,
  owner_id text references people (id) on delete set null,
  due_on text,
  created_at bigint not null,
  done_at bigint
);
create index action_items_by_postmortem on action_items (postmortem_id);
create index action_items_open on action_items (due_on) where done_at is null`,
};
