/** What travels to the server for one parameter: text, raw bytes of a bytea, or null. */
export type EncodedValue = string | Uint8Array | null;

/**
 * Encodes one query parameter, the same for PGlite and `pg`. undefined is null; a Date is its UTC instant; an array is a
 * PostgreSQL array, so a JSON array for a jsonb column must be given as JSON.stringify(value); any other object is JSON.
 */
export function encodeValue(value: unknown): EncodedValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return encodeArray(value);
  return encodeScalar(value);
}

function encodeScalar(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      // An invalid Date throws a RangeError here rather than becoming null on its way.
      return value instanceof Date ? value.toISOString() : JSON.stringify(value);
    default:
      throw new TypeError(`a ${typeof value} cannot be a query parameter`);
  }
}

function encodeArray(values: readonly unknown[]): string {
  const items = values.map((value) => {
    if (value === null || value === undefined) return 'NULL';
    if (Array.isArray(value)) return encodeArray(value);
    if (ArrayBuffer.isView(value)) {
      return `"\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}"`;
    }
    return `"${encodeScalar(value).replace(/["\\]/g, '\\$&')}"`;
  });
  return `{${items.join(',')}}`;
}
