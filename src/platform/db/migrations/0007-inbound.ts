import type { Migration } from './migration.ts';

/** What a source of alerts may be told, what it has sent, and a fair place in the queue for each. */
export const inbound: Migration = {
  name: '0007-inbound',
  sql: `
alter table integrations add column config jsonb not null default '{}';
create table integration_activity (
  integration_id text primary key references integrations (id) on delete cascade,
  accepted bigint not null default 0,
  last_accepted_at bigint,
  refused bigint not null default 0,
  last_refused_at bigint,
  last_refusal text,
  limited bigint not null default 0,
  last_limited_at bigint
);
create table inbound_messages (
  integration_id text not null references integrations (id) on delete cascade,
  message_id text not null,
  received_at bigint not null,
  primary key (integration_id, message_id)
);
create index inbound_messages_by_age on inbound_messages (received_at);
create table alert_members (
  integration_id text not null references integrations (id) on delete cascade,
  member_key text not null,
  group_key text not null,
  summary text not null,
  severity text not null check (severity in ('critical', 'major', 'minor')),
  first_at bigint not null,
  last_at bigint not null,
  primary key (integration_id, member_key)
);
create index alert_members_by_group on alert_members (integration_id, group_key, first_at);
create index alert_members_by_age on alert_members (last_at);

alter table signals add column queue text not null default '';
create index signals_waiting_by_queue on signals (queue, seq) where outcome is null;
create index events_by_age on events (at) where incident_id is null;
create index mails_by_age on mails (created_at) where status in ('sent', 'failed')`,
};
