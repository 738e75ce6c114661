import type { PolicyFinding } from '../../domain/policy-findings.ts';
import type { ScheduleProblem, ScheduleProblemCode } from '../../domain/schedule-check.ts';
import type { QualityPart } from '../../domain/schedule-quality.ts';
import type { PlanFinding } from './schemas.ts';

const problems: Record<ScheduleProblemCode, string> = {
  'unknown-time-zone': 'There is no such time zone. Expected a name as in Europe/Berlin.',
  'bad-hand-off-time': 'Expected a time of day as in 09:00.',
  'bad-hand-off-day': 'There is no such day.',
  'bad-start': 'Expected a date from 1970 to 2200, as in 2026-01-05.',
  'bad-every': 'Expected a whole number from 1 to 1000.',
  'bad-rule': 'This rule cannot be read, or never hands over. Expected one as in FREQ=WEEKLY;BYDAY=MO,FR.',
  'bad-hours': 'Expected hours as in 09:00 to 17:00.',
  'duplicate-id': 'Two layers have the same id.',
  'ends-before-it-begins': 'This ends before it begins.',
  'no-layers': 'Nobody is on call: there is no layer yet.',
  'no-people': 'This layer has nobody in it.',
  'no-hours': 'These hours are on no day, so the layer never has anybody.',
  'unknown-person': 'This person is not there any more, and cannot be called.',
  'unknown-instead-of': 'The person to be stood in for is not there any more.',
  'outside-temporary': 'This shift lies outside of its temporary schedule.',
};

/** `layers[0].people[2]` as the API's own complaints say it: `layers.0.people.2`. */
const dotted = (path: string): string => path.replaceAll(/\[(\d+)\]/g, '.$1');

export const problemText = ({ severity, code, path }: ScheduleProblem): PlanFinding => ({
  severity,
  code,
  path: dotted(path),
  message: problems[code],
});

/** A standing warning. */
export const warning = (code: string, path: string, message: string): PlanFinding => ({
  severity: 'warn',
  code,
  path,
  message,
});

export function policyText(finding: PolicyFinding, targetName: (step: number, target: number) => string): PlanFinding {
  switch (finding.code) {
    case 'reaches-nobody':
      return warning(finding.code, 'steps', 'This policy reaches nobody; owners and admins would be called instead.');
    case 'severities-uncovered': {
      const which = finding.severities.join(' and ');
      return warning(
        finding.code,
        'steps',
        `No step calls a person for ${which} incidents; owners and admins are called.`,
      );
    }
    case 'target-is-gone': {
      const path = `steps.${finding.step}.targets.${finding.target}`;
      return warning(finding.code, path, `Step ${finding.step + 1} calls something that is not there any more.`);
    }
    case 'target-reaches-nobody': {
      const what = targetName(finding.step, finding.target);
      const path = `steps.${finding.step}.targets.${finding.target}`;
      return warning(finding.code, path, `Step ${finding.step + 1}: nobody of ${what} has a contact method.`);
    }
  }
}

const fine: Record<QualityPart['kind'], string> = {
  coverage: 'Somebody is on call at all times.',
  load: 'Everybody carries the same share.',
  nights: 'Nights are shared evenly.',
  weekends: 'Weekends are shared evenly.',
  runs: 'Nobody is on call for more than a week without a rest.',
};
const uneven: Partial<Record<QualityPart['kind'], string>> = {
  load: 'of the hours would have to change hands for equal shares.',
  nights: 'of the night hours would have to change hands for equal shares.',
  weekends: 'of the weekend hours would have to change hands for equal shares.',
};

/** One sentence on a part of the quality score. */
export function qualityText({ kind, figure, reason }: QualityPart): string {
  const percent = figure > 0 && figure < 0.01 ? 'Less than 1 %' : `${Math.round(figure * 100)} %`;
  switch (reason) {
    case 'fine':
      return fine[kind];
    case 'gaps':
      return `Nobody is on call for ${percent.toLowerCase()} of the time.`;
    case 'uneven':
      return `${percent} ${uneven[kind] ?? ''}`;
    case 'too-few-people':
      return 'With fewer than two people nothing can be shared.';
    case 'long-runs':
      return `${percent} of the hours lie beyond the seventh day without eight hours of rest.`;
    case 'nobody-on-call':
      return 'Nobody is on call.';
  }
}
