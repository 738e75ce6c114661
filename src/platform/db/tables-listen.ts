import type { ColumnType, Generated } from 'kysely';

/** A jsonb column, written as JSON text. */
type Json<T> = ColumnType<T, string, string>;

type Stance = 'problem' | 'thanks' | 'joke' | 'other';
type Target = { target_kind: 'service' | 'upstream'; target_id: string };
type Series = Target & { measure: 'posts' | 'reports' };

/** Posts of the public, and what is counted of them. Times are epoch milliseconds. */
export interface ListenTables {
  listen_sources: {
    id: string;
    kind: string;
    name: string;
    /** As in hugops.yaml, with its references. */
    config: Json<Record<string, unknown>>;
    /** Of a webhook: what its address ends with, as SHA-256. */
    key_hash: string | null;
    /** Where reading goes on; committed with what was read. */
    position: string | null;
    /** `ended`: a file that was read to its end. */
    health: Generated<'waiting' | 'ok' | 'failing' | 'ended'>;
    health_since: number;
    /** When it last said anything at all. */
    last_seen_at: number | null;
    last_post_at: number | null;
    last_error_at: number | null;
    last_error: string | null;
    failures: Generated<number>;
    lease_owner: string | null;
    lease_until: number | null;
    owned_by: 'file' | 'console';
    created_at: number;
    archived_at: number | null;
  };
  /** The words by which posts name a service. */
  listen_terms: { service_id: string; terms: Json<Record<string, string[]>>; updated_at: number };
  /** What posts are matched against, and since when: what was not listened for was not quiet. */
  listen_targets: Target & { name: string; since: number };
  /** Bins in which HugOps ran, and whether it could hear. */
  listen_bins: { bin_at: number; blind: boolean };
  posts: {
    id: string;
    source: string;
    external_id: string;
    /** Keyed by the day: it tells authors apart, and nothing else. */
    author_hash: string;
    at: number;
    seen_at: number;
    text: string;
    url: string | null;
    language: string | null;
    stance: Stance;
    stance_probability: number;
    /** A thanks that may go out without a person looking. */
    is_sure_thanks: boolean;
    is_fresh_author: boolean;
    /** Why this stance, strongest first. */
    reasons: Json<{ what: string; kind: 'words' | 'cue'; weight: number }[]>;
  };
  post_mentions: Target & { post_id: string; matched: string };
  /** Hashes of posts, voices and texts that were counted. They outlive the posts, so that none is counted again. */
  post_keys: { source: string; key: string; seen_at: number };
  post_counts: Target & {
    bin_at: number;
    stance: Stance;
    source: string;
    posts: number;
    /** Posts that counted: one an author and text in a while. */
    voices: number;
    /** Of these, of accounts that were made just before. */
    fresh_voices: number;
  };
  /** Where people found another stance than the model. Holds no text. */
  stance_corrections: {
    id: string;
    post_id: string;
    at: number;
    person_id: string | null;
    from_stance: string;
    to_stance: string;
    probability: number;
    cues: Json<string[]>;
  };
  burst_series: Series & { state: Json<unknown>; stepped_at: number; in_burst: boolean };
  bursts: Series & {
    id: string;
    since: number;
    known_at: number;
    stage: 'onset' | 'peak' | 'decline' | 'end';
    learning: boolean;
    confidence: number;
    /** Carried by accounts that were made just before: told, and no signal. */
    suspect: boolean;
    signalled: boolean;
    peak: number;
    peak_at: number;
    decline_at: number | null;
    ended_at: number | null;
    end_reason: string | null;
    incident_id: string | null;
    evidence: Json<Record<string, unknown>>;
  };
}
