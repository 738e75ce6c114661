import type { ColumnType, Generated } from 'kysely';
import type {
  ActorKind,
  Impact,
  IncidentStatus,
  JsonObject,
  NotificationRules,
  OwnedBy,
  PageKind,
  PageStatus,
  Phase,
  PolicyStep,
  Severity,
  Verdict,
  WakingHours,
} from '../../domain/words.ts';
import type { AuthTables } from './tables-auth.ts';
import type { CauseTables } from './tables-causes.ts';
import type { EngineTables } from './tables-engine.ts';
import type { InboundTables } from './tables-inbound.ts';
import type { PostmortemTables } from './tables-postmortems.ts';
import type { ScheduleTables } from './tables-schedules.ts';
import type { TellTables } from './tables-tell.ts';
import type { CheckPlaceColumns, ProbeTables } from './tables-probes.ts';
import type { ThankTables } from './tables-thank.ts';
import type { ListenTables } from './tables-listen.ts';
import type { UpstreamTables } from './tables-upstreams.ts';

/** A jsonb column: read as T, written as JSON text (a driver would turn a bare JavaScript array into a PostgreSQL array). */
export type Json<T> = ColumnType<T, string, string>;
/** The same, and null when nothing is said. */
type JsonOptional<T> = ColumnType<T | null, string | null | undefined, string | null>;
type JsonDefault<T> = ColumnType<T, string | undefined, string>;
/** Epoch milliseconds. */
type At = number;

export interface Tables
  extends
    AuthTables,
    ListenTables,
    CauseTables,
    EngineTables,
    InboundTables,
    PostmortemTables,
    TellTables,
    ProbeTables,
    ScheduleTables,
    ThankTables,
    UpstreamTables {
  settings: { key: string; value: Json<unknown>; updated_at: At };
  people: {
    id: string;
    name: string;
    email: string;
    time_zone: string;
    waking_hours: Json<WakingHours>;
    /** Null: all contact methods at once. */
    notification_rules: JsonOptional<NotificationRules>;
    show_name: Generated<boolean>;
    user_id: string | null;
    owned_by: OwnedBy;
    created_at: At;
    archived_at: At | null;
  };
  contact_methods: {
    id: string;
    /** Null for a team's channel. */
    person_id: string | null;
    team_id: string | null;
    kind: string;
    label: string;
    config: Json<JsonObject>;
    position: number;
    /** Since when nothing gets through; null when it works, or was not used yet. */
    failing_since: At | null;
    /** When its person was last told so. */
    failing_told_at: At | null;
    last_ok_at: At | null;
    owned_by: OwnedBy;
    created_at: At;
    archived_at: At | null;
  };
  policies: {
    id: string;
    name: string;
    steps: Json<PolicyStep[]>;
    repeat_count: Generated<number>;
    acknowledge_timeout_ms: number | null;
    auto_resolve_ms: number | null;
    owned_by: OwnedBy;
    created_at: At;
    archived_at: At | null;
  };
  teams: {
    id: string;
    name: string;
    policy_id: string | null;
    publish_hugs_unseen: Generated<boolean>;
    owned_by: OwnedBy;
    created_at: At;
    archived_at: At | null;
  };
  team_members: { team_id: string; person_id: string; is_lead: Generated<boolean> };
  schedules: {
    id: string;
    name: string;
    time_zone: string;
    layers: Json<unknown[]>;
    owned_by: OwnedBy;
    created_at: At;
    archived_at: At | null;
  };
  schedule_overrides: {
    id: string;
    schedule_id: string;
    person_id: string;
    /** Set: only the time in which that person would have been on call. */
    instead_of: string | null;
    from_at: At;
    until_at: At;
    created_by: string | null;
    created_at: At;
  };
  services: {
    id: string;
    name: string;
    description: Generated<string>;
    team_id: string | null;
    policy_id: string | null;
    status: Generated<Verdict>;
    status_since: At;
    owned_by: OwnedBy;
    created_at: At;
    archived_at: At | null;
  };
  service_dependencies: { service_id: string; depends_on: string; hardness: Generated<'hard' | 'soft'> };
  service_status_changes: { service_id: string; at: At; seq: Generated<number>; status: Verdict; reason: string };
  checks: CheckPlaceColumns & {
    id: string;
    service_id: string;
    kind: string;
    name: string;
    config: Json<JsonObject>;
    interval_ms: number;
    timeout_ms: number;
    failure_threshold: Generated<number>;
    recovery_threshold: Generated<number>;
    severity: Generated<Severity>;
    ping_key: string | null;
    paused: Generated<boolean>;
    verdict: Generated<Verdict>;
    verdict_since: At;
    verdict_reason: Generated<string>;
    state: JsonDefault<JsonObject>;
    due_at: At | null;
    owned_by: OwnedBy;
    created_at: At;
    archived_at: At | null;
  };
  check_results: {
    check_id: string;
    at: At;
    location: string;
    ok: boolean;
    total_ms: number | null;
    phases: Json<JsonObject> | null;
    error: string | null;
    error_code: string | null;
  };
  check_rollups: {
    check_id: string;
    location: string;
    bucket_at: At;
    ok_count: number;
    fail_count: number;
    total_ms_sum: number;
    total_ms_max: number;
  };
  integrations: {
    id: string;
    kind: string;
    name: string;
    service_id: string;
    key_hash: string;
    key_hint: string;
    config: JsonDefault<JsonObject>;
    owned_by: OwnedBy;
    created_at: At;
    archived_at: At | null;
  };
  incidents: {
    id: string;
    number: Generated<number>;
    title: string;
    public_title: string;
    service_id: string | null;
    team_id: string | null;
    severity: Severity;
    status: IncidentStatus;
    phase: Phase;
    is_public: boolean;
    opened_by: 'signal' | 'person';
    owner_id: string | null;
    opened_at: At;
    acknowledged_at: At | null;
    acknowledged_by: string | null;
    resolved_at: At | null;
    resolved_by: string | null;
    merged_into_id: string | null;
  };
  incident_services: { incident_id: string; service_id: string; impact: Impact };
  alerts: {
    id: string;
    incident_id: string;
    service_id: string;
    source_kind: string;
    source_id: string;
    dedup_key: string;
    status: 'firing' | 'ok';
    severity: Severity;
    summary: string;
    evidence: Json<JsonObject>;
    signal_count: Generated<number>;
    first_at: At;
    last_at: At;
  };
  signals: {
    id: string;
    /** The order in which signals were taken in, and are placed. */
    seq: Generated<number>;
    service_id: string | null;
    source_kind: string;
    source_id: string;
    dedup_key: string;
    status: 'firing' | 'ok';
    severity: Severity;
    summary: string;
    evidence: Json<JsonObject>;
    at: At;
    received_at: At;
    outcome: string | null;
    incident_id: string | null;
    /** Whose share of the placing it takes: an integration's id; '' for what HugOps finds out itself. */
    queue: Generated<string>;
  };
  events: {
    seq: Generated<number>;
    txid: Generated<string>;
    id: string;
    at: At;
    kind: string;
    incident_id: string | null;
    service_id: string | null;
    actor_kind: ActorKind;
    actor_id: string | null;
    data: JsonDefault<JsonObject>;
  };
  cursors: { name: string; seen: string; until: string | null; seq: number; updated_at: At };
  escalations: {
    incident_id: string;
    policy_id: string | null;
    steps: Json<PolicyStep[]>;
    repeat_count: number;
    step_index: number;
    loops_done: number;
    round: number;
    /** While triggered: the next step. While acknowledged: when it is triggered again; null when its owner has it for good. */
    next_action_at: At | null;
    acknowledge_timeout_ms: number | null;
    auto_resolve_ms: number | null;
    snoozed_until: At | null;
    updated_at: At;
  };
  pages: {
    id: string;
    incident_id: string | null;
    /** Null for a team's channel. */
    person_id: string | null;
    contact_method_id: string;
    kind: PageKind;
    reason: string;
    round: number;
    status: PageStatus;
    attempt: Generated<number>;
    resend_count: Generated<number>;
    /** When it was first to be sent. */
    due_at: At;
    /** Its place in the person's notification rules. */
    position: Generated<number>;
    held_for: 'quiet-hours' | null;
    next_attempt_at: At;
    lease_owner: string | null;
    lease_until: At | null;
    created_at: At;
    sent_at: At | null;
    provider_ref: string | null;
    error: string | null;
    cancel_reason: string | null;
    summary_id: string | null;
    data: JsonDefault<JsonObject>;
  };
  status_pages: {
    id: string;
    title: string;
    description: Generated<string>;
    time_zone: Generated<string>;
    announce: Generated<'auto' | 'manual'>;
    owned_by: OwnedBy;
    created_at: At;
    updated_at: At;
  };
  component_groups: { id: string; page_id: string; name: string; position: number };
  components: {
    id: string;
    page_id: string;
    group_id: string | null;
    service_id: string;
    name: string;
    description: Generated<string>;
    position: number;
    created_at: At;
    updated_at: At;
  };
  maintenances: {
    id: string;
    title: string;
    body: Generated<string>;
    starts_at: At;
    ends_at: At;
    status: 'scheduled' | 'in_progress' | 'completed' | 'cancelled';
    created_by: string | null;
    created_at: At;
    updated_at: At;
    /** The series that it is an occurrence of. */
    series_id: string | null;
    announce_before_ms: Generated<number>;
    /** When subscribers were told of it; null before. */
    announced_at: At | null;
  };
  maintenance_services: { maintenance_id: string; service_id: string };
  subscribers: {
    id: string;
    page_id: string;
    email: string;
    status: 'pending' | 'confirmed' | 'unsubscribed';
    created_at: At;
    confirmed_at: At | null;
    unsubscribed_at: At | null;
  };
  mails: {
    id: string;
    purpose: string;
    dedup_key: string;
    to_address: string;
    subject: string;
    body_text: string;
    body_html: string | null;
    headers: JsonDefault<Record<string, string>>;
    status: 'pending' | 'sending' | 'sent' | 'failed';
    attempt: Generated<number>;
    next_attempt_at: At;
    lease_owner: string | null;
    lease_until: At | null;
    created_at: At;
    sent_at: At | null;
    error: string | null;
  };
  reports: { id: string; service_id: string; at: At; visitor_hash: string };
}
