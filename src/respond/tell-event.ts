import type { JsonObject } from '../domain/words.ts';
import { durationWords } from '../domain/duration.ts';

/** What an event says, as one plain sentence for the timeline. `nameOf` gives the name of a person's id. */
export function tellEvent(kind: string, data: JsonObject, nameOf: (personId: string) => string): string {
  const text = (key: string): string => (typeof data[key] === 'string' ? data[key] : '');
  const number = (key: string): number => (typeof data[key] === 'number' ? data[key] : 0);
  const person = (key: string): string => nameOf(text(key));
  const sentence = sentences[kind];
  return sentence ? sentence({ data, text, number, person, nameOf }) : kind;
}

interface Facts {
  data: JsonObject;
  text(key: string): string;
  number(key: string): number;
  person(key: string): string;
  nameOf(personId: string): string;
}

const howResolved: Readonly<Record<string, string>> = {
  'all-clear': 'Resolved: all alerts are clear',
  'by-hand': 'Resolved',
  'by-source': 'Resolved by the tool that raised it',
  quiet: 'Resolved: it has been quiet for as long as the policy says',
};

const quietWords: Readonly<Record<string, string>> = {
  caught: ': over before any user noticed',
  upstream: ': the provider had trouble, and users noticed nothing',
  expiry: ': renewed in time',
  'near-miss': ': over by itself, before any user noticed',
};

const sentences: Readonly<Record<string, (facts: Facts) => string>> = {
  'incident.triggered': ({ text }) => `Opened: ${text('title')}`,
  'incident.acknowledged': ({ number }) => `Acknowledged after ${durationWords(number('afterMs'))}`,
  'incident.resolved': ({ text, number }) =>
    `${howResolved[text('how')] ?? 'Resolved'}, ${durationWords(number('afterMs'))} after it began`,
  'incident.reassigned': ({ person }) => `Handed to ${person('toPersonId')}`,
  'incident.snoozed': ({ number }) => `Snoozed for ${durationWords(number('forMs'))}`,
  'incident.retriggered': ({ text }) =>
    text('reason') === 'snooze-over'
      ? 'The snooze is over: calling again'
      : 'Acknowledged, and nothing happened for as long as the policy allows: calling again',
  'incident.cause-named': ({ text, number }) =>
    `Likely cause: ${text('causeName')} (${Math.round(number('confidence') * 100)} %). ${text('text')}`,
  'incident.handed-to-cause': ({ text }) => `Calling the people of ${text('causeName')} first, which broke the others`,
  'incident.merged': ({ number, text }) => `Merged into #${number('intoNumber')}: ${text('intoTitle')}`,
  'incident.absorbed': ({ number, text }) => `#${number('fromNumber')} turned out to be the same: ${text('fromTitle')}`,
  'cause.ruled': ({ text }) =>
    text('ruling') === 'is-cause'
      ? `Named the cause: ${text('causeName')}`
      : `Ruled out as the cause: ${text('causeName')}`,
  'team.called': ({ data, nameOf }) => {
    const list = (key: string): string[] => (Array.isArray(data[key]) ? data[key].map(String) : []);
    const people = list('people').map(nameOf);
    const names = list('serviceNames');
    const touched = `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} touched`;
    return people.length === 0
      ? `${touched}: nobody else to call, they know of it or cannot be reached`
      : `${touched}: calling ${people.join(', ')}`;
  },
  'service.split-out': ({ text }) =>
    text('reason') === 'still-broken'
      ? 'A service did not recover with the others and has an incident of its own now'
      : 'A service was taken out into an incident of its own',
  'service.split-from': ({ number, text }) =>
    text('reason') === 'still-broken'
      ? `Still broken after #${number('fromNumber')} recovered`
      : `Taken out of #${number('fromNumber')}`,
  'severity.raised': ({ text }) => `Severity raised from ${text('from')} to ${text('to')}`,
  'alert.joined': ({ text }) => `Another alert joined: ${text('summary')}`,
  'alert.cleared': ({ text }) => `Clear again: ${text('summary')}`,
  'note.added': () => 'Note',
  'update.posted': ({ text, data }) =>
    `${data['auto'] === true ? 'HugOps told the public' : 'Told the public'} (${text('phase')})`,
  'escalation.stepped': ({ data, text, nameOf }) => {
    const people = Array.isArray(data['people']) ? data['people'].map((id) => nameOf(String(id))) : [];
    if (people.length === 0 && Array.isArray(data['channels']) && data['channels'].length > 0)
      return 'Telling the team in its channel';
    if (typeof data['heldUntil'] === 'number')
      return `Not urgent: ${people.join(', ')} will be told after the quiet hours`;
    if (text('reason') === 'nobody' || people.length === 0)
      return 'Nobody could be called: no contact method behind this step';
    if (text('reason') === 'fallback') return `Nobody on call: calling the owners, ${people.join(', ')}`;
    return text('reason') === 'reminder'
      ? `Still nobody has it: reminding ${people.join(', ')}`
      : `Calling ${people.join(', ')}`;
  },
  'escalation.hurried': () => 'Nobody could be reached: going on to the next step at once',
  'page.sent': ({ text, person, data }) =>
    `${data['personId'] === null ? `The channel of ${text('personName')}` : person('personId')} was paged by ${text('channel')} (${text('label')})${data['summary'] === true ? ', in a summary' : ''}${data['resend'] === true ? ', again' : ''}`,
  'page.resent': ({ person }) => `The receipt of the page to ${person('personId')} was lost: sending it again`,
  'page.failed': ({ text, person, data }) =>
    `Paging ${person('personId')} by ${text('channel')} failed: ${text('reason')}${data['final'] === true ? '' : '; trying again'}`,
  'page.rerouted': ({ text, person }) =>
    `${person('personId')} could not be reached by ${text('label')}: using the next contact method now`,
  'page.cancelled': ({ text, person }) =>
    `The page to ${person('personId')} was not needed any more (${text('reason')})`,
  'audit.found': ({ text }) => `The auditor found: ${text('what')}`,
  'audit.cleared': ({ text }) => `In order again: ${text('what')}`,
  'hug.held': () => 'A hug with words is waiting for approval',
  'hug.approved': () => 'A hug',
  'hug.rejected': () => 'A hug was not let through',
  'hugs.delivered': () => 'Hugs were brought to people who helped',
  'hug.withdrawn': () => 'A hug was taken back by its sender',
  'thanks.opened': () => 'Steady: people can say thank you',
  'thanks.closed': () => 'The time for thanks is over',
  'credit.added': ({ person }) => `${person('personId')} helped, too`,
  'credit.removed': ({ person }) => `${person('personId')} was taken from those who helped`,
  'quiet-save.found': ({ text }) => `A quiet save${quietWords[text('quietKind')] ?? ''}`,
  'gift.given': () => 'A gift was added to the thanks',
  'postmortem.drafted': () => 'Began the postmortem',
  'postmortem.edited': () => 'Wrote on the postmortem',
  'postmortem.reviewed': () => 'Read the postmortem',
  'postmortem.published': ({ data }) =>
    data['onStatusPage'] === true ? 'Published the postmortem, on the status page too' : 'Published the postmortem',
  'postmortem.withdrawn': () => 'Made the postmortem a draft again',
  'action-item.added': ({ text, data, person }) =>
    `To do: ${text('text')}${typeof data['ownerId'] === 'string' ? ` (${person('ownerId')})` : ''}`,
  'action-item.changed': ({ text }) => `Changed what is to be done: ${text('text')}`,
  'action-item.done': ({ text }) => `Done: ${text('text')}`,
  'action-item.reopened': ({ text }) => `To do again: ${text('text')}`,
  'action-item.removed': ({ text }) => `No longer to be done: ${text('text')}`,
  'change.linked': ({ text }) => `Changed: ${text('title')}`,
};
