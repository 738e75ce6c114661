import type { EpochMs, NotificationRules } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import type { NotificationRulesView } from './schemas.ts';

export const rulesView = (rules: NotificationRules | null): NotificationRulesView | null =>
  rules && { high: rules.high, low: rules.low, quietHours: rules.quietHours };

/**
 * Changes how a person is called. Throws `invalid` with the field when a rule names a contact method that the person does not have,
 * and `owned-by-file` when hugops.yaml says how this person is called.
 */
export async function changeNotificationRules(
  ctx: Ctx,
  personId: string,
  rules: NotificationRulesView | null,
  now: EpochMs,
): Promise<void> {
  await transact(ctx, async (tx) => {
    const person = await tx.db
      .selectFrom('people')
      .select('notification_rules')
      .where('id', '=', personId)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    if (person.notification_rules?.inFile)
      throw new ServiceError('owned-by-file', 'How you are called is in hugops.yaml. Please change it there.');
    const methods = await tx.db
      .selectFrom('contact_methods')
      .select('id')
      .where('person_id', '=', personId)
      .where('archived_at', 'is', null)
      .execute();
    const known = new Set(methods.map(({ id }) => id));
    const fields = (['high', 'low'] as const).flatMap((urgency) =>
      (rules?.[urgency] ?? []).flatMap(({ contactMethodId }, place) =>
        known.has(contactMethodId)
          ? []
          : [{ path: `rules.${urgency}.${place}.contactMethodId`, message: 'expected one of your contact methods' }],
      ),
    );
    if (fields.length > 0)
      throw new ServiceError('invalid', 'A rule names a contact method that is not yours.', { fields });
    await tx.db
      .updateTable('people')
      .set({ notification_rules: rules && JSON.stringify(rules) })
      .where('id', '=', personId)
      .execute();
    const actor = { kind: 'person' as const, id: personId };
    await appendEvents(tx, [{ kind: 'notification-rules.changed', at: now, actor, data: { personId } }]);
  });
}
