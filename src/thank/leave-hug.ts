import type { EpochMs, HugKind } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { signLink } from '../platform/signed-link.ts';
import { visitorHash } from '../platform/visitor.ts';
import { readWords, refuseFault } from './read-words.ts';
import { readThanksSettings } from './settings.ts';
import { type Sender, storeAlone, type StoredHug, type StoreHug } from './store-hugs.ts';

interface NewHug {
  incidentId: string;
  kind: HugKind;
  message?: string | undefined;
  /** To all who helped, or to whoever fixed it. */
  addressedTo?: 'team' | 'fixers' | undefined;
  now: EpochMs;
}

export interface LeaveHug extends NewHug {
  address: string;
  userAgent: string;
}

export type LeftHug = StoredHug & {
  /** Takes it back: for `/hugs/withdraw/TOKEN`. */
  withdrawToken: string;
};

/** A sender may take a hug back for so long. */
const withdrawForMs = 60 * 24 * 3_600_000;
export const withdrawPurpose = 'hug-withdraw';

/**
 * A thank-you from a visitor: one a visitor and incident, while the thanks window is open. Words that could hurt are refused with a reason,
 * and nothing of them is stored; other words wait for a person unless the team says otherwise. `store` may let several share a transaction.
 */
export async function leaveHug(ctx: Ctx, input: LeaveHug, store: StoreHug = storeAlone(ctx)): Promise<LeftHug> {
  const visitor = visitorHash(ctx.secret, `hug:${input.incidentId}`, input.address, input.userAgent);
  return leave(ctx, input, { source: 'visitor', visitor_hash: visitor }, store);
}

/**
 * A thank-you that the operator's own app passes on: `user` tells its users apart and is stored as a hash for the time of the window.
 * The app has seen to it that a person sent it.
 */
export async function leaveAppHug(
  ctx: Ctx,
  input: NewHug & { user: string },
  store: StoreHug = storeAlone(ctx),
): Promise<LeftHug> {
  const visitor = visitorHash(ctx.secret, `app:${input.incidentId}`, input.user, '');
  return leave(ctx, input, { source: 'app', visitor_hash: visitor }, store);
}

/** A thank-you from somebody who works here; they may thank before the public, as soon as it is resolved, and as long as they like. */
export async function leaveColleagueHug(ctx: Ctx, input: NewHug & { personId: string }): Promise<LeftHug> {
  // The same person again is the same sender, and no hash of anything is needed for it.
  const sender = {
    source: 'colleague',
    visitor_hash: `colleague:${input.personId}`,
    from_person_id: input.personId,
  } as const;
  return leave(ctx, input, sender, storeAlone(ctx));
}

async function leave(ctx: Ctx, input: NewHug, sender: Sender, store: StoreHug): Promise<LeftHug> {
  const words = readWords(input.message);
  if (words.fault !== undefined) throw refuseFault(words.fault, (await readThanksSettings(ctx)).supportUrl);
  const { incidentId, kind, now, addressedTo = 'team' } = input;
  const stored = await store({ incidentId, kind, text: words.text, addressedTo, sender, now });
  return { ...stored, withdrawToken: signLink(ctx.secret, withdrawPurpose, stored.hugId, now + withdrawForMs) };
}
