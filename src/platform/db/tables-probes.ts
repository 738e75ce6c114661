import type { ColumnType, Generated } from 'kysely';
import type { OwnedBy } from '../../domain/words.ts';

/** A jsonb column with a default, written as JSON text. */
type JsonDefault<T> = ColumnType<T, string | undefined, string>;

/** Where a check is run from, and how many of these places must agree. */
export interface CheckPlaceColumns {
  /** `local` and ids of probes. */
  locations: JsonDefault<string[]>;
  /** any, majority, all, or a number in digits. */
  agreement: Generated<string>;
}

/** Places that checks are run from beside the server itself. Times are epoch milliseconds. */
export interface ProbeTables {
  probes: {
    /** The name of the location in checks and results. */
    id: string;
    name: string;
    token_hash: string;
    token_hint: string;
    version: string | null;
    last_seen_at: number | null;
    /** Since when nothing was heard of it. */
    gone_since: number | null;
    owned_by: OwnedBy;
    created_at: number;
    archived_at: number | null;
  };
  /** How far the numbered results of a probe's log on disk were taken. */
  probe_logs: {
    probe_id: string;
    log_id: string;
    taken_seq: number;
    /** Results that the probe had to give up. */
    dropped: Generated<number>;
    updated_at: number;
  };
}
