/** What sources of alerts have sent, and the alerts that are grouped. Times are epoch milliseconds. */
export interface InboundTables {
  integration_activity: {
    integration_id: string;
    /** Messages that were taken in. */
    accepted: number;
    last_accepted_at: number | null;
    /** Messages that could not be understood. */
    refused: number;
    last_refused_at: number | null;
    last_refusal: string | null;
    /** Messages that were over the source's limit. */
    limited: number;
    last_limited_at: number | null;
  };
  /** Messages that carry an id of their own and were taken in, so that none counts twice. */
  inbound_messages: { integration_id: string; message_id: string; received_at: number };
  /** What fires within the groups of sources that group their alerts. */
  alert_members: {
    integration_id: string;
    /** The key by which the tool knows it. */
    member_key: string;
    /** The key of the alert that stands for the group. */
    group_key: string;
    summary: string;
    severity: 'critical' | 'major' | 'minor';
    first_at: number;
    last_at: number;
  };
}
