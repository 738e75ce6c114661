import type { Generated } from 'kysely';

/** What is written down about incidents. Times are epoch milliseconds. */
export interface PostmortemTables {
  postmortems: {
    id: string;
    incident_id: string;
    state: Generated<'draft' | 'published'>;
    title: string;
    /** Markdown, for the team. */
    body: string;
    /** Markdown, for the status page; nobody is named in it who did not opt in. */
    public_body: string;
    /** One more with every change of the texts: whoever saves says which one they began from. */
    version: Generated<number>;
    on_status_page: Generated<boolean>;
    created_at: number;
    updated_at: number;
    updated_by: string | null;
    /** When it was first published. */
    published_at: number | null;
  };
  /** Who has read it, and which version. */
  postmortem_reviews: { postmortem_id: string; person_id: string; version: number; at: number };
  action_items: {
    id: string;
    postmortem_id: string;
    text: string;
    owner_id: string | null;
    /** A day, as in `2026-12-24`. */
    due_on: string | null;
    created_at: number;
    done_at: number | null;
  };
}
