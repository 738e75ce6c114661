// What the matcher looks for and what it answers with.

export type MatchKind = 'name' | 'handle' | 'hashtag' | 'domain';
/** What spoke for an ambiguous name. */
export type MatchEvidence = 'unambiguous' | 'own-term' | 'own-context' | 'tech-context' | 'medium' | 'capital' | 'tag';

export interface Match {
  readonly serviceId: string;
  readonly kind: MatchKind;
  /** As configured. */
  readonly term: string;
  /** UTF-16 offsets into the post. */
  readonly from: number;
  readonly to: number;
  /** Written with look-alikes or invisible characters. */
  readonly isDisguised: boolean;
  readonly evidence: readonly MatchEvidence[];
}

export type TermKind = MatchKind | 'fused' | 'exclusion' | 'own-context';
export interface Term {
  readonly kind: TermKind;
  readonly text: string;
  /** Index of the service. */
  readonly service: number;
  readonly needsContext: boolean;
}

/** Values of phrases that belong to no service are negative. */
export const phraseValue = { tech: -1, medium: -2, idiom: -3 } as const;
