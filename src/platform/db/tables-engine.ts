/** Rows of the escalation engine and its auditor. Times are epoch milliseconds. */
export interface EngineTables {
  /** Whose turn it was last when a policy calls a team's members in turn. */
  round_robins: { team_id: string; last_person_id: string };
  /** What the auditor found and has not seen mended yet. */
  audit_findings: {
    /** The law and what breaks it, so that the same finding is one row. */
    id: string;
    law: string;
    /** One plain sentence. */
    what: string;
    /** It keeps the outgoing heartbeat from being sent; otherwise people should look at it. */
    is_broken: boolean;
    incident_id: string | null;
    found_at: number;
    seen_at: number;
  };
}
