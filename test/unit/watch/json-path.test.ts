import { describe, expect, it } from 'vitest';
import { compileJsonPath, JsonPathError } from '../../../src/watch/checks/json-path.ts';

const value = {
  status: 'ok',
  'a b': { "it's": 1 },
  parts: [
    { name: 'db', healthy: true },
    { name: 'cache', healthy: false },
  ],
  empty: null,
};

describe('compileJsonPath', () => {
  it.each([
    ['$', [value]],
    ['$.status', ['ok']],
    ['$.parts[0].name', ['db']],
    ['$.parts[-1].name', ['cache']],
    ['$.parts[*].healthy', [true, false]],
    ['$.parts.*.name', ['db', 'cache']],
    ["$['a b']['it\\'s']", [1]],
    ['$["a b"]["it\'s"]', [1]],
    ['$.empty', [null]],
    ['$.parts[7]', []],
    ['$.status.length', []],
    ['$.parts.length', []],
    ['$.toString', []],
    ['$.__proto__', []],
  ])('%s', (path, expected) => {
    expect(compileJsonPath(path)(value)).toEqual(expected);
  });

  it.each(['status', '$..name', '$.parts[?(@.healthy)]', '$.parts[0:2]', '$.', `$${'.a'.repeat(51)}`])(
    'refuses %s',
    (path) => {
      expect(() => compileJsonPath(path)).toThrow(JsonPathError);
    },
  );
});
