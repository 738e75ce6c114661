import type { ColumnType } from 'kysely';

/** A jsonb column, written as JSON text. */
type Json<T> = ColumnType<T, string, string>;

/** What is likely behind incidents. Times are epoch milliseconds. */
export interface CauseTables {
  /** Rank 1 is the stated cause. */
  incident_causes: {
    incident_id: string;
    rank: number;
    kind: 'service' | 'upstream';
    /** A service's id or an upstream's, `aws/us-east-1/dynamodb`. */
    cause_id: string;
    /** 0 to 1, among all that were thought of. */
    confidence: number;
    evidence: Json<unknown[]>;
    decided_by: 'hugops' | 'person';
    at: number;
  };
  /** What people said about it, which no law overrules. `cause_id` is empty where the ruling is about the incident itself. */
  incident_rulings: {
    incident_id: string;
    ruling: 'is-cause' | 'not-cause' | 'stands-alone';
    cause_id: ColumnType<string, string | undefined, string>;
    person_id: string | null;
    at: number;
  };
  /** Who was called for it, each once: a team's id, or `policy:…` for a service of no team. */
  incident_teams: { incident_id: string; whom: string; called_at: number };
}
