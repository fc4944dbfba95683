/**
 * HTML that is safe by construction: whatever a template inserts is escaped, unless it is itself
 * made by a template. Names from model files go nowhere else.
 */

/** Finished markup. */
export interface Html {
  readonly markup: string;
}

type Inserted = Html | string | number | readonly Html[];

/** A template tag: html`<td>${name}</td>`. */
export function html(parts: TemplateStringsArray, ...inserted: readonly Inserted[]): Html {
  const pieces = parts.map((part, i) => {
    const value = inserted[i];
    return value === undefined ? part : part + markupOf(value);
  });
  return { markup: pieces.join('') };
}

/** Text that this package wrote, inserted as it is: styles, scripts, never a name. */
export function trusted(markup: string): Html {
  return { markup };
}

/** A value as the content of a <script type="application/json">. */
export function jsonForScript(value: object): Html {
  const text = JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => {
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return { markup: text };
}

function markupOf(value: Inserted): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escapeText(value);
  if ('markup' in value) return value.markup;
  return value.map((item) => item.markup).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function escapeText(text: string): string {
  return text
    .replace(/[&<>"'`]/g, (c) => ENTITIES[c] ?? c)
    .replace(/[\p{Cc}\p{Cf}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}
