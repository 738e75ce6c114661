import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddedDatabase, EmbeddedDatabaseError } from '../../../src/platform/db/embedded.ts';
import type { PowerCut } from '../../harness/forgetful-worker.ts';
import { seededRandom } from '../../harness/seeded-random.ts';
import { Ledger } from './ledger.ts';

// The seventh promise: the embedded database keeps what it acknowledged, also through a power cut. The shipped worker runs
// on a disk that forgets what was not synced (test/harness/forgetful-fs.ts). Each cut falls at a random change of the disk,
// while the database opens and recovers from the cut before, or while transactions of many kinds are committed. Then it is
// opened from what survived, and must hold exactly what was acknowledged, and of the transaction in flight all or nothing.
// HUGOPS_POWER_CUTS=100 runs them all; HUGOPS_POWER_SEED replays another course.
const CUTS = Number(process.env['HUGOPS_POWER_CUTS'] ?? 15);
const SEED = Number(process.env['HUGOPS_POWER_SEED'] ?? 20_260_101);
const CUT_STATUS = 77;

let home: string;

beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'hugops-test-power-'));
  const root = path.join(home, 'base');
  // Small WAL files, so that their creation, reuse and removal fall under the cuts too.
  const database = await EmbeddedDatabase.open({ storage: { kind: 'directory', path: root }, walSegmentMb: 1 });
  await Ledger.create(database);
  await database.close();
});
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

function copyOfBase(name: string): Pick<PowerCut, 'root' | 'graveyard'> {
  const root = path.join(home, name);
  fs.cpSync(path.join(home, 'base'), root, { recursive: true });
  return { root, graveyard: `${root}-graveyard` };
}

function open(cut: PowerCut): Promise<EmbeddedDatabase> {
  fs.rmSync(cut.graveyard, { recursive: true, force: true });
  fs.mkdirSync(cut.graveyard);
  return EmbeddedDatabase.open({
    storage: { kind: 'directory', path: cut.root },
    workerUrl: new URL('../../harness/forgetful-worker.ts', import.meta.url),
    workerExtra: cut,
  });
}

/** True for the planned cut; every other error is thrown on. */
function isCut(error: unknown): boolean {
  return error instanceof EmbeddedDatabaseError && error.message.includes(`ended with code ${CUT_STATUS}`);
}

/** Opens, compares, and works until the power goes. Returns whether that was while it opened. */
async function runUntilCut(cut: PowerCut, ledger: Ledger, random: () => number): Promise<'opening' | 'working'> {
  let phase: 'opening' | 'working' = 'opening';
  try {
    const database = await open(cut);
    await ledger.compare(database);
    phase = 'working';
    for (;;) await ledger.act(database, random);
  } catch (error) {
    if (!isCut(error)) throw error;
  }
  return phase;
}

describe('a power cut', () => {
  test(`${CUTS} of them lose nothing that was acknowledged`, { timeout: 20_000 + CUTS * 10_000 }, async () => {
    const place = copyOfBase('cuts');
    const ledger = new Ledger();
    const phases = { opening: 0, working: 0 };
    for (let number = 1; number <= CUTS; number += 1) {
      const seed = SEED + number;
      const random = seededRandom(seed);
      const during = random() < 0.25 ? 'opening' : 'working';
      const cutAt = 1 + Math.floor(random() * 300);
      const cut: PowerCut = { ...place, seed, during, cutAt, merciless: random() < 0.25, planted: 'nothing' };
      try {
        phases[await runUntilCut(cut, ledger, random)] += 1;
      } catch (error) {
        throw new Error(`after cut ${number - 1} of HUGOPS_POWER_SEED=${SEED}: ${String(error)}`, { cause: error });
      }
    }
    const database = await EmbeddedDatabase.open({ storage: { kind: 'directory', path: place.root } });
    await ledger.compare(database);
    await database.close();
    console.log(
      `${CUTS} power cuts (${phases.opening} while opening, ${phases.working} while working): ${ledger.acknowledged} ` +
        `acknowledged changes all kept; of ${ledger.inFlight} in flight ${ledger.survived} survived whole, the rest left nothing`,
    );
    expect(phases.working).toBeGreaterThan(0);
    expect(ledger.acknowledged).toBeGreaterThan(CUTS);
  });

  test('without the sync that HugOps adds, the same cuts lose acknowledged changes', { timeout: 120_000 }, async () => {
    const losses: string[] = [];
    for (let number = 1; number <= 3; number += 1) {
      const place = copyOfBase(`planted-${number}`);
      const ledger = new Ledger();
      const random = seededRandom(SEED + number);
      const cut: PowerCut = {
        ...place,
        seed: SEED + number,
        cutAt: 200,
        during: 'working',
        merciless: true,
        planted: 'no-fsync',
      };
      expect(await runUntilCut(cut, ledger, random)).toBe('working');
      expect(ledger.acknowledged).toBeGreaterThan(0);
      const database = await EmbeddedDatabase.open({ storage: { kind: 'directory', path: place.root } });
      await ledger.compare(database).catch((error: unknown) => losses.push(String(error)));
      await database.close();
    }
    expect(losses).toHaveLength(3);
    for (const loss of losses) expect(loss).toMatch(/acknowledged/);
  });
});
