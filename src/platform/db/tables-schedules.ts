import type { Generated } from 'kysely';

/** Rows of people's plans. Times are epoch milliseconds. */
export interface ScheduleTables {
  time_off: {
    id: string;
    person_id: string;
    from_at: number;
    until_at: number;
    note: string | null;
    created_by: string | null;
    created_at: number;
  };
  shift_swaps: {
    id: string;
    schedule_id: string;
    /** Gives away `from_at` to `until_at`. */
    asker_id: string;
    asked_id: string;
    from_at: number;
    until_at: number;
    /** What the asker takes over in exchange; null when nothing. */
    return_from_at: number | null;
    return_until_at: number | null;
    message: string | null;
    status: Generated<'asked' | 'accepted' | 'declined' | 'withdrawn'>;
    created_at: number;
    answered_at: number | null;
  };
  calendar_links: {
    id: string;
    person_id: string;
    /** Null: the person's own shifts in every schedule. */
    schedule_id: string | null;
    created_at: number;
    last_read_at: number | null;
    revoked_at: number | null;
  };
}
