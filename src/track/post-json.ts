/** One call to a tracker's server: JSON there and back. */

const PATIENCE_MILLISECONDS = 10_000;
const LONGEST_ANSWER = 200;

/** @throws Error with what the server said, or why it was not reached */
export async function postJson<T>(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text.slice(0, LONGEST_ANSWER)}`);
  return (text === "" ? {} : JSON.parse(text)) as T;
}
