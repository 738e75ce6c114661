import { describe, expect, test } from 'vitest';
import { createGroupCommit, QueueFullError } from '../../../src/platform/group-commit.ts';

class RowError extends Error {}

/** Commits when told to; remembers what was committed together. */
function openCommits(refuse: (rows: readonly string[]) => Error | undefined = () => undefined) {
  const commits: string[][] = [];
  const waiting: (() => void)[] = [];
  let free = false;
  const group = createGroupCommit<string>({
    commit: async (rows) => {
      if (!free) await new Promise<void>((resolve) => waiting.push(resolve));
      const error = refuse(rows);
      if (error) throw error;
      commits.push([...rows]);
    },
    isRowError: (error) => error instanceof RowError,
    gatherMs: 200,
    maxRowsPerCommit: 4,
    maxWaitingBytes: 100,
    maxWaitingBytesPerSource: 60,
  });
  const add = (rows: string[], bytes = 1, source = 'a') => group.add(rows, { source, bytes });
  const letAllPass = (): void => {
    free = true;
    for (const pass of waiting) pass();
  };
  return { group, add, commits, letAllPass };
}

/** Until what was added has begun to be committed. */
const begun = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const outcome = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'committed',
    (error: unknown) => (error as Error).message,
  );

describe('group commit', () => {
  test('what arrives during a commit shares the next one, in order', async () => {
    const { add, commits, letAllPass } = openCommits();
    const first = add(['1']);
    await begun();
    const all = [first, add(['2']), add(['3', '4'])];
    letAllPass();
    await Promise.all(all);
    expect(commits).toEqual([['1'], ['2', '3', '4']]);
  });

  test('those who were answered together come back together', async () => {
    const { add, commits, letAllPass } = openCommits();
    letAllPass();
    await Promise.all([add(['1']), add(['2']), add(['3'])]);
    const again = [add(['4'])];
    await begun();
    again.push(add(['5']), add(['6']));
    await Promise.all(again);
    expect(commits).toEqual([
      ['1', '2', '3'],
      ['4', '5', '6'],
    ]);
  });

  test('who comes alone after a crowd is not kept waiting for it', async () => {
    const { add, commits, letAllPass } = openCommits();
    letAllPass();
    await Promise.all([add(['1']), add(['2']), add(['3'])]);
    await add(['4']);
    await add(['5']);
    expect(commits).toEqual([['1', '2', '3'], ['4'], ['5']]);
  });

  test('nobody is answered before the commit', async () => {
    const { add, letAllPass } = openCommits();
    let answered = false;
    const done = add(['1']).then(() => (answered = true));
    await begun();
    expect(answered).toBe(false);
    letAllPass();
    await done;
    expect(answered).toBe(true);
  });

  test('a commit takes at most its rows, but a larger request whole', async () => {
    const { add, commits, letAllPass } = openCommits();
    const first = add(['1']);
    await begun();
    const all = [first, add(['2', '3']), add(['4', '5', '6', '7', '8']), add(['9'])];
    letAllPass();
    await Promise.all(all);
    expect(commits).toEqual([['1'], ['2', '3'], ['4', '5', '6', '7', '8'], ['9']]);
  });

  test('a bad row harms only the request that it came with', async () => {
    const { add, commits, letAllPass } = openCommits((rows) =>
      rows.includes('bad') ? new RowError('bad row') : undefined,
    );
    const all = [add(['1']), add(['2']), add(['3', 'bad']), add(['4'])].map(outcome);
    letAllPass();
    expect(await Promise.all(all)).toEqual(['committed', 'committed', 'bad row', 'committed']);
    expect(commits).toEqual([['1'], ['2'], ['4']]);
  });

  test('when the database is gone each is told, and nothing is tried again', async () => {
    let tries = 0;
    const { add, letAllPass } = openCommits(() => (tries++, new Error('connection lost')));
    const first = outcome(add(['1']));
    await begun();
    const all = [first, outcome(add(['2'])), outcome(add(['3']))];
    letAllPass();
    expect(await Promise.all(all)).toEqual(['connection lost', 'connection lost', 'connection lost']);
    expect(tries).toBe(2);
  });

  test('goes on after a failure', async () => {
    let down = true;
    const { add, commits, letAllPass } = openCommits(() => (down ? new Error('down') : undefined));
    letAllPass();
    expect(await outcome(add(['1']))).toBe('down');
    down = false;
    expect(await outcome(add(['2']))).toBe('committed');
    expect(commits).toEqual([['2']]);
  });

  test('settled waits for all that was added before it, and for nothing after', async () => {
    const { group, add, commits, letAllPass } = openCommits();
    const before = [add(['1']), add(['2'])];
    const settled = group.settled('a');
    letAllPass();
    await settled;
    expect(commits.flat()).toEqual(['1', '2']);
    await Promise.all(before);
    await group.settled('a');
  });

  test('one source cannot fill the queue for the others, and all together not the memory', async () => {
    const { add, letAllPass } = openCommits();
    const kept = [add(['1'], 50), add(['2'], 40, 'b')];
    await expect(add(['3'], 11)).rejects.toMatchObject({ bySource: true });
    await expect(add(['4'], 11, 'c')).rejects.toMatchObject({ bySource: false });
    await expect(add(['4'], 11, 'c')).rejects.toBeInstanceOf(QueueFullError);
    kept.push(add(['5'], 10, 'c'));
    letAllPass();
    await Promise.all(kept);
    await add(['6'], 1_000);
  });
});
