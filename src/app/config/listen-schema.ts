import { z } from 'zod';
import { sourceConfigSchema } from '../../listen/index.ts';
import { durationField, listOf, mapOf } from './fields.ts';

const hour = 3_600_000;
const day = 24 * hour;

const wordSchema = (what: string, maxLength: number) => {
  const error = { error: `expected ${what} of 1 to ${maxLength} characters` };
  // What the matcher refuses: nothing to find, or more than twelve words.
  return z
    .string(error)
    .max(maxLength, error)
    .regex(/[\p{L}\p{N}\p{S}]/u, error)
    .refine((text) => text.trim().split(/\s+/).length <= 6, { error: `expected ${what} of at most 6 words` });
};

const wordsOf = (what: string, one: string, description: string) =>
  listOf(what, wordSchema(one, 100))
    .max(100, { error: 'expected at most 100 of them' })
    .default([])
    .describe(description);

/** By which words posts name a service. */
export const listenTermsSchema = z.strictObject({
  names: wordsOf(
    'names',
    'a name',
    'What people call it, in any script. Ordinary words (target, slack) count only in a context.',
  ),
  ambiguous: wordsOf('names', 'a name', 'Further names that count only in a context.'),
  handles: wordsOf('handles', 'a handle', 'Its accounts on social networks: @slackstatus.'),
  hashtags: wordsOf('hashtags', 'a hashtag', 'Beyond the names, which count as hashtags anyhow.'),
  domains: wordsOf('domains', 'a domain', 'Its domains; subdomains count, too.'),
  exclude: wordsOf('phrases', 'a phrase', 'Phrases that hold a name and mean something else: box office.'),
  context: wordsOf('words', 'a word', 'Words that speak for it near an ambiguous name: swipe.'),
});

/** Where posts come from. */
export const listenSchema = z.strictObject({
  keepText: durationField(hour, 30 * day)
    .prefault('7d')
    .describe('How long the texts of posts are kept; 7d when left out. Counts stay.'),
  sources: mapOf('sources', sourceConfigSchema).default({}),
});
