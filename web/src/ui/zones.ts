import { readerZone } from './time.tsx';

/** Every zone that the browser knows, the reader's own among them. */
export function timeZones(also: readonly string[] = []): string[] {
  return [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', readerZone, ...also])].toSorted();
}
