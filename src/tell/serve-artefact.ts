import { type Artefact, type Encoding, encodings } from './artefact.ts';
import { embedPath } from './render/embed-page.ts';

/** What an HTTP server has to send; made without copying, so that any server can send it. The headers are shared by all answers: read them only. */
export interface Answer {
  status: 200 | 304;
  headers: Readonly<Record<string, string>>;
  /** The same as name, value, name, value …, which Node's server takes as they are. */
  rawHeaders: readonly string[];
  /** Nothing for HEAD and 304. */
  body: Buffer | undefined;
}

export interface Asked {
  method: string;
  /** The path and perhaps a query, which is ignored: a million of them are one artefact. */
  url: string;
  acceptEncoding: string | undefined;
  ifNoneMatch: string | undefined;
}

// Readers ask again each time and are mostly told 304; a shared cache may answer for two seconds, and for a day while we cannot.
const fresh = 'public, max-age=0, s-maxage=2, stale-while-revalidate=10, stale-if-error=86400';
const forEver = 'public, max-age=31536000, immutable';

export const cacheControlOf = (artefact: Pick<Artefact, 'immutable'>): string => (artefact.immutable ? forEver : fresh);

/** Answers GET and HEAD for a known address; undefined for everything else, which is then somebody else's to answer. */
export function answerFor(artefacts: ReadonlyMap<string, Artefact>, asked: Asked, csp: string): Answer | undefined {
  if (asked.method !== 'GET' && asked.method !== 'HEAD') return undefined;
  // Most ask for an address as it is.
  const artefact = artefacts.get(asked.url) ?? artefacts.get(pathOf(asked.url));
  if (artefact === undefined) return undefined;
  const answers = answersOf(artefact, choose(artefact, asked.acceptEncoding), csp);
  if (isMatch(asked.ifNoneMatch, answers.etag)) return answers.unchanged;
  return asked.method === 'HEAD' ? answers.head : answers.whole;
}

interface Answers {
  etag: string;
  whole: Answer;
  head: Answer;
  unchanged: Answer;
}

// One publication answers many thousands; what its answers say is made once, and goes with it.
const made = new WeakMap<Artefact, Map<Encoding | undefined, Answers>>();

function answersOf(artefact: Artefact, encoding: Encoding | undefined, csp: string): Answers {
  let ofArtefact = made.get(artefact);
  if (ofArtefact === undefined) made.set(artefact, (ofArtefact = new Map()));
  let answers = ofArtefact.get(encoding);
  if (answers === undefined) ofArtefact.set(encoding, (answers = makeAnswers(artefact, encoding, csp)));
  return answers;
}

function makeAnswers(artefact: Artefact, encoding: Encoding | undefined, csp: string): Answers {
  const body = (encoding === undefined ? undefined : artefact.encoded[encoding]) ?? artefact.identity;
  const etag = `"${artefact.hash}${encoding === undefined ? '' : `-${encoding}`}"`;
  const always: Record<string, string> = {
    etag,
    'cache-control': cacheControlOf(artefact),
    'last-modified': new Date(artefact.modifiedAt).toUTCString(),
    vary: 'Accept-Encoding',
    'x-content-type-options': 'nosniff',
  };
  const headers: Record<string, string> = {
    ...always,
    'content-type': artefact.type,
    'content-length': String(body.length),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    ...(artefact.type.startsWith('text/html')
      ? { 'content-security-policy': policyFor(artefact, csp), 'referrer-policy': 'strict-origin-when-cross-origin' }
      : // The machine faces are public and carry nothing of the visitor, as on Statuspage.
        { 'access-control-allow-origin': '*' }),
  };
  const answer = (status: 200 | 304, own: Record<string, string>, bytes: Buffer | undefined): Answer => ({
    status,
    headers: own,
    rawHeaders: Object.entries(own).flat(),
    body: bytes,
  });
  return {
    etag,
    whole: answer(200, headers, body),
    head: answer(200, headers, undefined),
    unchanged: answer(304, always, undefined),
  };
}

/** The widget is made to be shown inside of other pages; every other page refuses that. */
const policyFor = ({ path }: Artefact, csp: string): string =>
  path === embedPath ? csp.replace("frame-ancestors 'none'", 'frame-ancestors *') : csp;

/** The address without its query and without a slash at the end. */
function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  const path = end === -1 ? url : url.slice(0, end);
  return path.length > 1 && path.endsWith('/') && !path.endsWith('//') ? path.slice(0, -1) : path;
}

/** The encoding with the highest weight that we have; ours decides between equals. Identity is always acceptable in the end (RFC 9110, 12.5.3). */
function choose(artefact: Artefact, header: string | undefined): Encoding | undefined {
  if (header === undefined || header === '') return undefined;
  const weights = weightsOf(header);
  const any = weights.get('*');
  let best: Encoding | undefined;
  let bestWeight = 0;
  for (const encoding of encodings) {
    const weight = weights.get(encoding) ?? any ?? 0;
    if (artefact.encoded[encoding] !== undefined && weight > bestWeight) {
      best = encoding;
      bestWeight = weight;
    }
  }
  return bestWeight >= (weights.get('identity') ?? 0) ? best : undefined;
}

// Browsers send a handful of different headers; the bound is against those who send a new one each time.
const parsed = new Map<string, ReadonlyMap<string, number>>();
const maxParsed = 200;

function weightsOf(header: string): ReadonlyMap<string, number> {
  const known = parsed.get(header);
  if (known !== undefined) return known;
  const weights = new Map<string, number>();
  for (const part of header.toLowerCase().slice(0, 500).split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const given = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = given === undefined ? 1 : Number(given.slice(2));
    if (name !== '') weights.set(name, Number.isFinite(weight) ? weight : 0);
  }
  if (parsed.size >= maxParsed) parsed.clear();
  parsed.set(header, weights);
  return weights;
}

function isMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  // A proxy that compresses weakens tags; for GET the weak comparison is the right one (RFC 9110, 13.1.2).
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
