/**
 * Splits a C file of ours into top-level chunks: a declaration, a definition, a preprocessor line,
 * or a whole #if … #endif, each with the comment above it. Include guards are left out.
 *
 * It relies on how kernels are written: no brace or quote is left open across a preprocessor line,
 * and a top-level macro call that defines something ends with a semicolon or a body.
 */

export interface Chunk {
  /** As it stands in the file, with comments and the blank lines before it. */
  readonly text: string;
  /** Without comments. */
  readonly code: string;
  /** The names it introduces. */
  readonly defines: readonly string[];
  readonly include?: { readonly path: string; readonly system: boolean };
  /** It introduces no name but has an effect (a pragma). */
  readonly always: boolean;
  /** The comment at the top of the file; it belongs to all that is kept of it. */
  readonly isHead: boolean;
}

const NOTHING: Chunk = { text: '', code: '', defines: [], always: false, isHead: false };

export function chunksOf(source: string): Chunk[] {
  const text = withoutGuard(source);
  const head = headComment(text);
  const chunks: Chunk[] = head === '' ? [] : [{ ...NOTHING, text: head, isHead: true }];
  let start = head.length;
  while (start < text.length) {
    const codeStart = skipBlankAndComments(text, start);
    if (codeStart === text.length) break;
    const end = chunkEnd(text, codeStart);
    chunks.push(makeChunk(text.slice(start, end), text.slice(codeStart, end)));
    start = end;
  }
  return chunks;
}

export function identifiersIn(code: string): Set<string> {
  return new Set(code.match(/[A-Za-z_]\w*/g));
}

/** The text without comments; strings are left as they are. */
export function withoutComments(text: string): string {
  let code = '';
  for (let i = 0; i < text.length; ) {
    const end = tokenEnd(text, i);
    code += isComment(text, i) ? ' ' : text.slice(i, end);
    i = end;
  }
  return code;
}

/** The body between `#ifndef X` + `#define X` and the last `#endif`, after the file's comment. */
function withoutGuard(source: string): string {
  const start = skipBlankAndComments(source, 0);
  const body = source.slice(start);
  const guard = /^#ifndef (\w+_H)\n#define \1\n([\s\S]*)\n#endif[^\n]*\s*$/.exec(body);
  return guard ? `${source.slice(0, start)}\n${guard[2]}\n` : source;
}

/** The first comment and the line break after it, if the file starts with one. */
function headComment(text: string): string {
  const start = text.length - text.trimStart().length;
  return isComment(text, start) ? text.slice(0, lineEnd(text, tokenEnd(text, start))) : '';
}

function makeChunk(text: string, rawCode: string): Chunk {
  const code = withoutComments(rawCode);
  const include = /^#\s*include\s*([<"])([^">]+)[">]/.exec(code);
  if (include) {
    const path = include[2] as string;
    return { ...NOTHING, text, code, include: { path, system: include[1] === '<' } };
  }
  const defines = namesDefinedBy(code);
  return { ...NOTHING, text, code, defines, always: defines.length === 0 };
}

function namesDefinedBy(code: string): string[] {
  if (!code.startsWith('#')) return nameOfDeclaration(code);
  const macros = [...code.matchAll(/^\s*#\s*define\s+(\w+)/gm)].map((match) => match[1] as string);
  if (!/^#\s*if/.test(code)) return macros;
  const inside = code.replace(/^\s*#(?:.*\\\n)*.*$/gm, '').trim();
  return [...macros, ...(inside === '' ? [] : chunksOf(inside).flatMap((chunk) => chunk.defines))];
}

/** The declared name: a struct's tag, else what stands before `(`, `[`, `=` or the end. */
function nameOfDeclaration(code: string): string[] {
  const tag = /^(?:struct|union|enum)\s+(\w+)\s*\{/.exec(code);
  if (tag) return [tag[1] as string];
  const pointerTypedef = /^typedef\b[^(]*\(\s*\*\s*(\w+)\s*\)/.exec(code);
  if (pointerTypedef) return [pointerTypedef[1] as string];
  const name = /(\w+)\s*(?:[([=;]|$)/.exec(code.replace(/\{[\s\S]*$/, '').replace(/^\s+/, ''));
  return name ? [name[1] as string] : [];
}

function skipBlankAndComments(text: string, from: number): number {
  let i = from;
  while (i < text.length && (/\s/.test(text[i] as string) || isComment(text, i))) {
    i = tokenEnd(text, i);
  }
  return i;
}

/** The end of the chunk whose code starts at `from`, its line break included. */
function chunkEnd(text: string, from: number): number {
  if (text[from] === '#') return directiveEnd(text, from);
  let depth = 0;
  for (let i = from; i < text.length; ) {
    const character = text[i] as string;
    const end = tokenEnd(text, i);
    if (character === '{' || character === '(' || character === '[') depth++;
    if (character === '}' || character === ')' || character === ']') depth--;
    if (depth === 0 && character === ';') return lineEnd(text, end);
    if (depth === 0 && character === '}' && !/^\s*;/.test(text.slice(end, end + 80))) {
      return lineEnd(text, end);
    }
    i = end;
  }
  return text.length;
}

/** One directive with its continuation lines; for #if all up to its #endif. */
function directiveEnd(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; ) {
    const end = lineWithContinuations(text, i);
    const line = text.slice(i, end).trimStart();
    if (/^#\s*if/.test(line)) depth++;
    if (/^#\s*endif/.test(line)) depth--;
    if (depth === 0) return end;
    i = end;
  }
  return text.length;
}

function lineWithContinuations(text: string, from: number): number {
  let end = lineEnd(text, from);
  while (end < text.length && /\\\s*\n$/.test(text.slice(from, end))) end = lineEnd(text, end);
  return end;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end + 1;
}

function isComment(text: string, at: number): boolean {
  return text[at] === '/' && (text[at + 1] === '*' || text[at + 1] === '/');
}

/** The end of a comment, a string or a single character. */
function tokenEnd(text: string, at: number): number {
  if (text.startsWith('/*', at)) {
    const end = text.indexOf('*/', at + 2);
    return end < 0 ? text.length : end + 2;
  }
  if (text.startsWith('//', at)) return lineEnd(text, at);
  const quote = text[at];
  if (quote !== '"' && quote !== "'") return at + 1;
  let i = at + 1;
  while (i < text.length && text[i] !== quote) i += text[i] === '\\' ? 2 : 1;
  return i + 1;
}
