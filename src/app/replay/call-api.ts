/** One request to the program, as a person or a visitor makes it. Nothing is thrown for an answer; a program that is away is status 0. */
export async function call(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const { method = 'GET', headers = {}, body } = options;
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    return { status: response.status, body: readJson(text), headers: response.headers };
  } catch {
    return { status: 0, body: undefined, headers: new Headers() };
  }
}

function readJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

/** The same again and again while the program is away or asks to wait, for as long as a restart takes. */
export async function callUntilThere(
  url: string,
  options: Parameters<typeof call>[1] = {},
): Promise<Awaited<ReturnType<typeof call>>> {
  for (let tries = 0; ; tries++) {
    const answer = await call(url, options);
    const isAway = answer.status === 0 || answer.status === 429 || answer.status === 503;
    if (!isAway || tries >= 40) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
