/**
 * Parses JSON that can't be trusted: size and depth are bounded before it is parsed. Also reads the
 * `NaN` and `Infinity` that Python writes. Objects are read with `Object.hasOwn` only (see
 * `import/keras/config.ts`), so keys like `__proto__` are plain data.
 */
import { fail } from '../errors.ts';
import { corrupt, UTF8 } from './bytes.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** The largest published model configurations have a few megabytes. */
const MAX_BYTES = 64 * 2 ** 20;
const MAX_DEPTH = 200;

export function parseJson(source: Uint8Array | string, what: string): Json {
  if (source.length > MAX_BYTES) {
    fail({ code: 'too-large', found: `${what} has ${source.length} bytes of JSON.` });
  }
  const text = typeof source === 'string' ? source : UTF8.decode(source);
  checkDepth(text, what);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const pythons = parsePythonNumbers(text);
    if (pythons !== undefined) return pythons;
    const reason = error instanceof Error ? error.message : String(error);
    return corrupt(`${what} is not valid JSON: ${reason.slice(0, 200)}.`);
  }
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** An own property; never one of the prototype. */
export function property(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function checkDepth(text: string, what: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH) corrupt(`${what} is nested more than ${MAX_DEPTH} levels deep.`);
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
}

/** Python's json module writes NaN and Infinity; 1e999 reads back as Infinity. */
function parsePythonNumbers(text: string): Json | undefined {
  const parts: string[] = [];
  let start = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c && inString) i++;
    else if (code === 0x22) inString = !inString;
    else if (!inString && (code === 0x4e || code === 0x49)) {
      const token = text.startsWith('NaN', i) ? 'NaN' : 'Infinity';
      if (!text.startsWith(token, i)) return undefined;
      parts.push(text.slice(start, i), token === 'NaN' ? 'null' : '1e999');
      i += token.length - 1;
      start = i + 1;
    }
  }
  const replaced = parts.join('') + text.slice(start);
  try {
    return JSON.parse(replaced) as Json;
  } catch {
    return undefined;
  }
}
