import { z } from 'zod';
import type { Layer } from '../../domain/schedule.ts';
import {
  dateField,
  dayField,
  hoursSchema,
  localTimeField,
  referenceTo,
  textField,
  timeOfDayField,
  timeZoneField,
  wholeNumber,
} from './fields.ts';

const common = {
  name: textField('a name').optional(),
  people: z
    .array(referenceTo('person'), { error: 'expected a list of people' })
    .min(1, { error: 'expected a list of at least one person' })
    .meta({
      description: 'Who takes turns, in this order. The first one has the turn that begins with the first hand-off.',
    }),
  start: dateField.meta({ description: 'The first hand-off is the first one on or after this date.' }),
  timeZone: timeZoneField
    .optional()
    .meta({ description: 'The clock of this layer, when it is another than that of the schedule (follow the sun).' }),
  restrictions: z
    .array(hoursSchema)
    .optional()
    .meta({ description: 'The layer has somebody only in these hours; the turns go on counting outside of them.' }),
};

const every = (unit: string): z.ZodDefault<z.ZodInt> =>
  wholeNumber(`a number of ${unit}`, 1, 1_000)
    .default(1)
    .meta({ description: `How many ${unit} a turn lasts.` });
const at = timeOfDayField.default('09:00').meta({ description: "Local time of the hand-off; '09:00' when left out." });

/** One layer of a schedule; `rotation` decides which hand-off it has. */
const layerSchema = z.discriminatedUnion(
  'rotation',
  [
    z.strictObject({
      rotation: z.literal('hourly'),
      every: every('hours'),
      handOff: z.strictObject({ time: at }).prefault({}),
      ...common,
    }),
    z.strictObject({
      rotation: z.literal('daily'),
      every: every('days'),
      handOff: z.strictObject({ time: at }).prefault({}),
      ...common,
    }),
    z.strictObject({
      rotation: z.literal('weekly'),
      every: every('weeks'),
      handOff: z.strictObject({ day: dayField.default(1), time: at }).prefault({}),
      ...common,
    }),
    z.strictObject({
      rotation: z.literal('monthly'),
      every: every('months'),
      handOff: z
        .strictObject({ day: wholeNumber('a day of the month', 1, 31).default(1), time: at })
        .prefault({})
        .meta({ description: 'The day of the month (in a shorter month its last day) and the time.' }),
      ...common,
    }),
  ],
  { error: 'expected one of hourly, daily, weekly, monthly' },
);

const overrideSchema = z.strictObject({
  person: referenceTo('person'),
  from: localTimeField,
  until: localTimeField,
});

export const scheduleSchema = z.strictObject({
  name: textField('a name'),
  timeZone: timeZoneField,
  layers: z
    .array(layerSchema, { error: 'expected a list of layers' })
    .min(1, { error: 'expected a list of at least one layer' })
    .meta({ description: 'A later layer wins over the ones before it wherever it has somebody.' }),
  overrides: z
    .array(overrideSchema)
    .default([])
    .meta({ description: 'Somebody else for a time, whatever the layers say. They must not overlap.' }),
});

export type LayerInFile = z.output<typeof layerSchema>;
export type ScheduleInFile = z.output<typeof scheduleSchema>;

/** The layer as the domain computes with it; layers are named by their place, so that an unchanged file gives unchanged rows. */
export function toLayer(layer: LayerInFile, index: number): Layer {
  return {
    id: `layer-${index + 1}`,
    ...(layer.name === undefined ? {} : { name: layer.name }),
    ...(layer.timeZone === undefined ? {} : { timeZone: layer.timeZone }),
    people: layer.people,
    rotation: toRotation(layer),
    ...(layer.restrictions === undefined ? {} : { restrictions: layer.restrictions }),
  };
}

function toRotation(layer: LayerInFile): Layer['rotation'] {
  const base = { start: layer.start, handOffTime: layer.handOff.time };
  switch (layer.rotation) {
    case 'hourly':
    case 'daily':
      return { ...base, kind: layer.rotation, every: layer.every };
    case 'weekly':
      return { ...base, kind: 'weekly', every: layer.every, handOffDay: layer.handOff.day };
    case 'monthly':
      return { ...base, kind: 'monthly', every: layer.every, handOffDayOfMonth: layer.handOff.day };
  }
}

/** Epoch milliseconds of a local time. An hour that is skipped or repeated is read as Temporal's 'compatible' does: later, earlier. */
export function localTimeAt(localTime: string, timeZone: string): number {
  return Temporal.PlainDateTime.from(localTime).toZonedDateTime(timeZone).epochMilliseconds;
}
