/** The SQLSTATE of an error from either database, or undefined when it is not PostgreSQL's. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  // Node's own codes, such as ECONNRESET, are longer; SQLSTATE is five letters and digits.
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}

/** Whether a unique constraint or index refused the row; of the given name, when one is given. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlState(error) !== '23505') return false;
  if (constraint === undefined) return true;
  return typeof error === 'object' && error !== null && 'constraint' in error && error.constraint === constraint;
}

/**
 * Whether the error lies in the values of a row, and not in the database as a whole: PostgreSQL's classes 22 (data exception), 23 (integrity,
 * such as a service that was just deleted) and 54 (limit exceeded): https://www.postgresql.org/docs/18/errcodes-appendix.html. A value that
 * cannot even be encoded throws a TypeError or RangeError.
 */
export function isRowError(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return state.startsWith('22') || state.startsWith('23') || state.startsWith('54');
  return error instanceof TypeError || error instanceof RangeError;
}
