import type { MailContent } from '../../platform/mail/layout.ts';

/** What every subscriber of a page is sent about one event. */
export interface Letter {
  /** The event's id: the same event is the same letter. */
  id: string;
  at: number;
  page: LetterPage;
  subject: string;
  /** Without the small print, which is each reader's own. */
  content: MailContent;
}

export interface LetterPage {
  id: string;
  title: string;
  timeZone: string;
}
