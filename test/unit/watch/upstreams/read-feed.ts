import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Notice } from '../../../../src/domain/upstream.ts';
import type { FeedReading } from '../../../../src/watch/upstreams/format.ts';
import { type FeedKind, feedFormat } from '../../../../src/watch/upstreams/formats.ts';

/** Captures that lie beside the project, where there are any. */
export const captures = path.resolve(process.env['HUGOPS_SHARED_DATA'] ?? '../shared/data', 'upstreams');
export const hasCaptures = existsSync(captures);

export function parse(kind: FeedKind, feed: string | Uint8Array | object): FeedReading {
  const format = feedFormat(kind);
  if (!format) throw new Error(`no format ${kind}`);
  const text = typeof feed === 'string' || feed instanceof Uint8Array ? feed : JSON.stringify(feed);
  return format.parse(typeof text === 'string' ? new TextEncoder().encode(text) : text, '');
}

export const parseCapture = (kind: FeedKind, file: string): FeedReading =>
  parse(kind, readFileSync(path.join(captures, file)));

/** The reading, which must be one. */
export function readOf(reading: FeedReading): Extract<FeedReading, { ok: true }> {
  if (!reading.ok) throw new Error(`refused: ${reading.reason}: ${reading.detail}`);
  return reading;
}

export const noticesOf = (kind: FeedKind, feed: string | object): Notice[] => readOf(parse(kind, feed)).notices;

export const iso = (at: number | null | undefined): string | null =>
  at === null || at === undefined ? null : new Date(at).toISOString();
