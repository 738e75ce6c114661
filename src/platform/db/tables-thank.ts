import type { ColumnType, Generated } from 'kysely';
import type { HugKind, HugStatus, WakingHours } from '../../domain/words.ts';

/** A jsonb column, written as JSON text. */
type Json<T> = ColumnType<T, string, string>;
type JsonDefault<T> = ColumnType<T, string | undefined, string>;

/** Hugs, whom they are for, and how they get there. Times are epoch milliseconds. */
export interface ThankTables {
  thanks_windows: {
    incident_id: string;
    /** When it may open; later when it was not steady by then. */
    opens_at: number;
    closes_at: number;
    opened_at: number | null;
    closed_at: number | null;
    /** The last post that was asked whether it is a hug for this incident. */
    posts_seen_at: number | null;
    posts_seen_id: string | null;
  };
  credits: {
    incident_id: string;
    person_id: string;
    reasons: Json<string[]>;
    computed_at: number;
    /** They want no part in it: no hugs come. */
    declined_at: number | null;
    /** They want to be thanked, and not to be named in public for this one. */
    hidden_at: number | null;
  };
  credit_additions: {
    incident_id: string;
    person_id: string;
    reason: 'led' | 'fixed' | 'communicated' | 'supported' | 'reviewed' | 'helped';
    added_by: string | null;
    added_at: number;
  };
  /** Keys of `POST /inbound/changes/KEY`. */
  change_keys: {
    id: string;
    name: string;
    /** What its changes are about when they do not say. */
    service_id: string | null;
    key_hash: string;
    key_hint: string;
    created_at: number;
    archived_at: number | null;
  };
  changes: {
    id: string;
    source: string;
    kind: 'commit' | 'deploy' | 'runbook';
    external_id: string;
    service_id: string | null;
    incident_id: string | null;
    /** The author, when it is one of the people; nothing is kept of others. */
    person_id: string | null;
    title: string;
    url: string | null;
    at: number;
    created_at: number;
  };
  hugs: {
    id: string;
    incident_id: string;
    kind: HugKind;
    message: string | null;
    source: 'visitor' | 'colleague' | 'post' | 'app';
    /** Tells visitors apart while the window is open; then it goes. */
    visitor_hash: string | null;
    from_person_id: string | null;
    addressed_to: Generated<'team' | 'fixers'>;
    status: HugStatus;
    held_reason: string | null;
    /** The post it was made of. When that goes, the words go. */
    post_id: string | null;
    created_at: number;
    moderated_at: number | null;
    moderated_by: string | null;
    /** When it was put on its way to its people. */
    queued_at: number | null;
  };
  hug_deliveries: {
    hug_id: string;
    person_id: string;
    due_at: number;
    mail_id: string | null;
    bundled_at: number | null;
  };
  thank_preferences: {
    person_id: string;
    channel: Generated<'email' | 'archive'>;
    /** Null: the waking hours are enough. */
    working_hours: Json<WakingHours | null> | null;
    /** Local dates, YYYY-MM-DD. */
    holidays: JsonDefault<string[]>;
    time_off: JsonDefault<{ fromAt: number; untilAt: number }[]>;
    updated_at: number;
  };
  gift_budgets: { team_id: string; currency: string; approval_above: number; updated_at: number };
  /** Amounts are in the smallest unit of the team's currency. */
  gifts: {
    id: string;
    team_id: string;
    incident_id: string;
    person_id: string;
    kind: 'time-off' | 'link';
    what: string;
    url: string | null;
    minutes: number | null;
    cost: number;
    status: 'waiting' | 'given' | 'refused';
    asked_by: string;
    asked_at: number;
    decided_by: string | null;
    decided_at: number | null;
  };
  gift_ledger: {
    id: string;
    seq: Generated<number>;
    team_id: string;
    gift_id: string | null;
    kind: 'budget' | 'gift' | 'return';
    amount: number;
    /** After it; never below nothing. */
    balance: number;
    by_person: string | null;
    at: number;
  };
  /** Incidents that are over, and when it is asked whether users noticed. */
  quiet_watches: { incident_id: string; due_at: number };
  /** Trouble of a service that was over, `at`, before any user noticed. */
  quiet_saves: {
    id: string;
    incident_id: string;
    service_id: string;
    kind: 'caught' | 'upstream' | 'expiry' | 'near-miss';
    at: number;
    /** Of what was renewed. */
    days_left: number | null;
    disputed_at: number | null;
    disputed_by: string | null;
    dispute_reason: string | null;
  };
  /** How often somebody went on to write a public thank-you to the provider behind an incident. */
  onward_thanks: { incident_id: string; network: 'bluesky' | 'mastodon' | 'x'; started: number };
}
