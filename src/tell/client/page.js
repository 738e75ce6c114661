// oxlint-disable no-restricted-properties -- a browser has its reader's clock, and needs its own dice

// The only script of a reading page: says times in the reader's own zone, and warns when the page is older than it should be. Without it the page
// shows the same times in the page's zone.
const root = document.documentElement;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' });
const moment = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
});
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const minute = 60_000;
/** A publication is renewed every 5 minutes; three missed ones are worth a word. */
const staleAfter = 16 * minute;
let published = Number(root.dataset.published);

const ago = (at) => {
  const minutes = Math.round((at - Date.now()) / minute);
  if (minutes > -1) return 'just now';
  if (minutes > -60) return relative.format(minutes, 'minute');
  if (minutes > -36 * 60) return relative.format(Math.round(minutes / 60), 'hour');
  return relative.format(Math.round(minutes / 1440), 'day');
};

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' });
const since = (at) => {
  const minutes = Math.max(0, Math.floor((Date.now() - at) / minute));
  if (minutes >= 1440) return `${moment.format(at)} (${relative.format(-Math.round(minutes / 1440), 'day')})`;
  const hours = Math.floor(minutes / 60);
  return `${clock.format(at)} (${hours > 0 ? `${hours} h ` : ''}${minutes % 60} min)`;
};

const say = { ago, since, at: (at) => moment.format(at) };
const sayTimes = () => {
  for (const time of document.querySelectorAll('time[data-ago], time[data-since], time[data-at]')) {
    const at = Date.parse(time.dateTime);
    time.title = `${exact.format(at)} (${zone})`;
    const [how] = Object.keys(time.dataset);
    time.textContent = say[how](at);
  }
  const zoneNote = document.getElementById('zone');
  if (zoneNote) zoneNote.textContent = `Exact times are in your zone, ${zone}.`;
};

const notice = document.getElementById('stale');
const notify = (text, link) => {
  if (!notice || notice.textContent === text) return;
  const line = document.createElement('p');
  line.append(text);
  if (link) {
    const again = document.createElement('a');
    again.href = location.href;
    again.textContent = link;
    line.append(' ', again);
  }
  notice.replaceChildren(line);
  notice.hidden = false;
};

const warnIfStale = () => {
  if (Date.now() - published > staleAfter) {
    notify(`This was published ${ago(published)} and may no longer be true.`);
    return true;
  }
  return false;
};

// Asks only while somebody looks, and not all readers in the same second.
const ask = async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch('/api/v2/status.json', { cache: 'no-cache' });
    const modified = Date.parse(answer.headers.get('last-modified') ?? '');
    if (answer.ok && modified > published) {
      published = modified;
      const time = document.querySelector('#published time');
      if (time) time.dateTime = new Date(published).toISOString();
    }
    const { page } = await answer.json();
    if (!warnIfStale() && page.updated_at !== root.dataset.changed) notify('There is news.', 'Show it');
  } catch {
    warnIfStale();
  }
  sayTimes();
};

sayTimes();
if (notice) {
  warnIfStale();
  setInterval(() => void ask(), minute + Math.random() * 10_000);
  document.addEventListener('visibilitychange', () => void ask());
} else {
  setInterval(sayTimes, minute);
}
