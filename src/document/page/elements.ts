/** Elements of a page, made without markup: whatever a text holds, it stays a text. */

type Children = readonly (Node | string)[];

/** An element with attributes, of which those that are undefined are left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
  ...children: Children
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** Text of the data: in any script and direction, which must not spread to what stands around it. */
export const quotedText = (text: string): HTMLElement => element("bdi", {}, text);
