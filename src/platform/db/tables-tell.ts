import type { ColumnType, Generated } from 'kysely';
import type { JsonObject, OwnedBy } from '../../domain/words.ts';

/** A jsonb column, written as JSON text. */
type Json<T> = ColumnType<T, string, string>;

/** What the status page is published with. Times are epoch milliseconds. */
export interface TellTables {
  publish_targets: {
    id: string;
    page_id: string;
    kind: string;
    config: Json<JsonObject>;
    owned_by: OwnedBy;
    created_at: number;
    archived_at: number | null;
    /** The publication that it has, by its time; null before it has any. */
    published_at: number | null;
    /** When it last took one. */
    pushed_at: number | null;
    /** Path to content hash of what it holds, so that only changes travel and what is no longer public is taken away. */
    files: ColumnType<Record<string, string>, string | undefined, string>;
    /** In a row, until it takes one. */
    failures: Generated<number>;
    next_attempt_at: Generated<number>;
    error: string | null;
  };
  /** Maintenance that comes again. The next occurrence is always a row of `maintenances`. */
  maintenance_series: {
    id: string;
    title: string;
    body: string;
    /** DTSTART of the rule. */
    first_at: number;
    duration_ms: number;
    time_zone: string;
    /** RFC 5545, without the name RRULE. */
    rule: string;
    announce_before_ms: number;
    /** The latest occurrence that was planned, by its start. */
    last_at: number | null;
    /** When the next is to be planned; null when there is none any more. */
    plan_at: number | null;
    created_by: string | null;
    created_at: number;
    ended_at: number | null;
  };
  maintenance_series_services: { series_id: string; service_id: string };
}
