/**
 * How a column's text becomes a JavaScript value. The same table serves PGlite and `pg`, so that a row looks the same
 * whatever the database runs on. Type numbers are PostgreSQL's (src/include/catalog/pg_type.dat).
 */
export type ParseValue = (text: string) => unknown;

const asText: ParseValue = (text) => text;

/** bigint → number. HugOps stores epoch milliseconds and counts; beyond 2^53 a number would silently be another one. */
function parseInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`the integer ${text} does not fit a JavaScript number`);
  return value;
}

const parseBytes: ParseValue = (text) => Buffer.from(text.slice(2), 'hex');

const TIMESTAMP =
  /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?)?( BC)?$/;

/** timestamptz and timestamp (read as UTC) → Date, to the millisecond. `infinity` becomes an invalid Date. */
function parseTimestamp(text: string): Date {
  const match = TIMESTAMP.exec(text);
  if (match === null) return new Date(Number.NaN);
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour, offsetMinute, offsetSecond, bc] =
    match;
  const date = new Date(0);
  date.setUTCFullYear(bc === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, '0').slice(0, 3)));
  if (sign === undefined) return date;
  const offset = Number(offsetHour) * 3600 + Number(offsetMinute ?? 0) * 60 + Number(offsetSecond ?? 0);
  return new Date(date.getTime() - (sign === '-' ? -offset : offset) * 1000);
}

/** Reads PostgreSQL's array text, `{1,2,NULL,"a \"b\""}`, nested or not. */
function parseArray(text: string, parseElement: ParseValue): unknown[] {
  let at = text.indexOf('{');
  const readArray = (): unknown[] => {
    const items: unknown[] = [];
    at += 1;
    while (text[at] !== '}') {
      if (at >= text.length) throw new SyntaxError('array text ends early');
      if (text[at] === ',') at += 1;
      if (text[at] === '{') items.push(readArray());
      else if (text[at] === '"') items.push(parseElement(readQuoted()));
      else items.push(readBare());
    }
    at += 1;
    return items;
  };
  const readQuoted = (): string => {
    let value = '';
    for (at += 1; text[at] !== '"'; at += 1) {
      if (at >= text.length) throw new SyntaxError('array text ends early');
      if (text[at] === '\\') at += 1;
      value += text[at];
    }
    at += 1;
    return value;
  };
  const readBare = (): unknown => {
    const from = at;
    while (at < text.length && text[at] !== ',' && text[at] !== '}') at += 1;
    const value = text.slice(from, at);
    return value === 'NULL' ? null : parseElement(value);
  };
  return at === -1 ? [] : readArray();
}

const SCALARS: readonly (readonly [type: number, array: number, parse: ParseValue])[] = [
  [16, 1000, (text) => text === 't'], // bool
  [17, 1001, parseBytes], // bytea
  [18, 1002, asText], // "char"
  [19, 1003, asText], // name
  [20, 1016, parseInteger], // int8
  [21, 1005, Number], // int2
  [23, 1007, Number], // int4
  [25, 1009, asText], // text
  [26, 1028, Number], // oid
  [114, 199, (text) => JSON.parse(text) as unknown], // json
  [700, 1021, Number], // float4
  [701, 1022, Number], // float8
  [1042, 1014, asText], // bpchar
  [1043, 1015, asText], // varchar
  [1082, 1182, asText], // date: a calendar day, not an instant
  [1114, 1115, parseTimestamp], // timestamp
  [1184, 1185, parseTimestamp], // timestamptz
  // numeric: sum(bigint) and avg are numeric in PostgreSQL; no column of HugOps holds money or long decimals.
  [1700, 1231, Number],
  [2950, 2951, asText], // uuid
  [3802, 3807, (text) => JSON.parse(text) as unknown], // jsonb
];

const PARSERS = new Map<number, ParseValue>(
  SCALARS.flatMap(([type, array, parse]) => [
    [type, parse],
    [array, (text: string) => parseArray(text, parse)],
  ]),
);

/** The parser for a PostgreSQL type number; a type not in the table stays text. */
export function parserOf(typeId: number): ParseValue {
  return PARSERS.get(typeId) ?? asText;
}
