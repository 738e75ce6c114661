// Sends a report or a hug as JSON, after the proof of work that stands in for a puzzle, and replaces the form by a few words.
const here = [...document.scripts].find((script) => script.dataset.widget);
const { widget = '', pbkdf2 = '', sha = '' } = here?.dataset ?? {};

/** Loads the widget when it is first needed, so that readers who send nothing pay nothing. */
const proof = async () => {
  await import(widget);
  for (const size of [256, 384, 512]) {
    globalThis.$altcha.algorithms.set(`PBKDF2/SHA-${size}`, () => new Worker(pbkdf2));
    globalThis.$altcha.algorithms.set(`SHA-${size}`, () => new Worker(sha));
  }
  const element = document.createElement('altcha-widget');
  element.setAttribute('challenge', '/altcha');
  element.setAttribute('display', 'invisible');
  element.setAttribute('configuration', JSON.stringify({ minDuration: 0, humanInteractionSignature: false }));
  document.body.append(element);
  await customElements.whenDefined('altcha-widget');
  const result = await element.verify();
  element.remove();
  if (!result?.payload) throw new Error('The proof of work did not succeed. Please try again in a moment.');
  return result.payload;
};

const bodies = {
  report: (form) => ({ serviceId: form.elements.serviceId.value }),
  hug: (form) => {
    const message = form.elements.message.value.trim();
    const addressedTo = form.elements.addressedTo.value;
    return { kind: form.elements.kind.value, addressedTo, ...(message === '' ? {} : { message }) };
  },
};

const missing = {
  report: (body) => (body.serviceId === '' ? 'Please choose what does not work for you.' : ''),
  hug: () => '',
};

const people = (count) => (count === 1 ? '1 other person reports' : `${count} other people report`);

const thanks = {
  report: (form, answer) => {
    const name = form.querySelector('input:checked')?.dataset.name ?? 'this';
    const others = Number(answer.others ?? 0);
    return [
      'Thank you. You are heard.',
      others > 0
        ? `You are not alone: ${people(others)} a problem with ${name}. Your report has gone to the people who look after it.`
        : `You are the first to tell us about ${name}. Your report has gone to the people who look after it.`,
    ];
  },
  hug: (_form, answer) => [
    'Thank you. It is on its way.',
    answer.status === 'held'
      ? 'It reaches the people who did the work, in their daytime. Your words appear here once somebody has read them.'
      : 'It reaches the people who did the work, in their daytime.',
  ],
};

const done = (form, [title, text], withdraw) => {
  const box = document.createElement('div');
  box.className = 'done';
  box.setAttribute('role', 'status');
  box.tabIndex = -1;
  const heading = document.createElement('h2');
  heading.textContent = title;
  const words = document.createElement('p');
  words.textContent = text;
  box.append(heading, words);
  if (withdraw) {
    const back = document.createElement('a');
    back.href = withdraw;
    back.textContent = 'Take it back';
    const line = document.createElement('p');
    line.className = 'hint';
    line.append(back, ' works for two months; keep the link if you want to.');
    box.append(line);
  }
  form.replaceWith(box);
  box.focus();
};

/** Reads problem details; the field it names gets the focus. */
const refusal = async (form, answer) => {
  const problem = await answer.json().catch(() => ({}));
  const field = problem.errors?.[0];
  const input = field && form.elements[field.path];
  if (input instanceof HTMLElement) {
    input.setAttribute('aria-invalid', 'true');
    input.focus();
  }
  return field?.message ?? problem.detail ?? 'This could not be sent. Please try again in a moment.';
};

const send = async (form) => {
  const kind = form.dataset.form;
  const error = form.querySelector('.error');
  const button = form.querySelector('button');
  const label = button.innerHTML;
  const body = bodies[kind](form);
  const fail = (text) => {
    error.textContent = text;
    error.hidden = false;
  };
  error.hidden = true;
  const lack = missing[kind](body);
  if (lack) return fail(lack);
  button.disabled = true;
  button.textContent = 'Sending…';
  try {
    const altcha = await proof();
    const answer = await fetch(form.dataset.post, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, altcha }),
    });
    if (answer.ok) {
      const said = await answer.json().catch(() => ({}));
      return done(form, thanks[kind](form, said), said.withdraw);
    }
    fail(await refusal(form, answer));
  } catch {
    fail('This could not be sent. Please check your connection and try again.');
  }
  button.disabled = false;
  button.innerHTML = label;
};

for (const form of document.querySelectorAll('form[data-form]')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send(form);
  });
}

// Coming from an incident, its service is chosen already when there is no doubt which one.
const report = document.querySelector('form[data-form="report"]');
const asked = new URLSearchParams(location.search);
if (report) {
  const incidents = JSON.parse(report.dataset.incidents ?? '{}');
  const services = incidents[asked.get('incident') ?? ''] ?? [asked.get('service')];
  const choice = services.length === 1 && report.querySelector(`input[value="${CSS.escape(services[0] ?? '')}"]`);
  if (choice) choice.checked = true;
}

for (const counter of document.querySelectorAll('[data-counter]')) {
  const area = document.getElementById(counter.dataset.counter);
  const count = () => {
    const left = area.maxLength - area.value.length;
    counter.textContent = area.value === '' ? '' : `${left} left`;
  };
  area.addEventListener('input', count);
  count();
}
