import type { ColumnType, Generated } from 'kysely';

/** A jsonb column, written as JSON text. */
type Json<T> = ColumnType<T, string, string>;

/** Providers' feeds and what they say. Times are epoch milliseconds. */
export interface UpstreamTables {
  /** Providers that people added beside the catalogue. */
  upstream_providers: {
    id: string;
    name: string;
    page_url: string;
    feed_kind: string;
    feed_url: string;
    created_at: number;
  };
  upstream_feeds: {
    provider: string;
    url: string;
    /** Null while no service depends on the provider. */
    next_fetch_at: number | null;
    lease_until: number | null;
    etag: string | null;
    last_modified: string | null;
    failures: Generated<number>;
    health: Generated<'waiting' | 'ok' | 'failing' | 'changed-format'>;
    last_attempt_at: number | null;
    last_ok_at: number | null;
    /** When the feed last said something else than before. */
    last_changed_at: number | null;
    last_error_at: number | null;
    last_error: string | null;
  };
  upstream_notices: {
    id: string;
    provider: string;
    /** The provider's own id; it may recur once the notice has ended. */
    notice_id: string;
    kind: 'incident' | 'maintenance';
    title: string;
    url: string | null;
    state: string;
    impact: string;
    lists: 'current' | 'recent';
    started_at: number;
    updated_at: number;
    ended_at: number | null;
    /** The provider's first public word. */
    public_at: number;
    /** When HugOps first read it. */
    seen_at: number;
    /** When a reading first came without it. */
    missing_since: number | null;
    parts: Json<unknown[]>;
    regions: Json<string[]>;
    /** Of what the feed said, to see whether it says something else. */
    content_hash: string;
  };
  upstream_notice_updates: {
    notice_id: string;
    update_id: string;
    at: number;
    state: string;
    body: string;
    seen_at: number;
  };
  upstream_parts: {
    provider: string;
    part_id: string;
    name: string;
    group_name: string | null;
    product: string | null;
    regions: Json<string[]>;
    impact: string;
    since: number;
  };
  upstreams: { id: string; provider: string; state: string; state_reason: string; state_since: number };
  /** Signals that stand: raised and not yet cleared. */
  upstream_signals: {
    notice_id: string;
    service_id: string;
    upstream_id: string;
    severity: 'critical' | 'major' | 'minor';
    raised_at: number;
  };
}
