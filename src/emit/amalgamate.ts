/**
 * Kernel sources pasted into one C file: each needed file after what it includes, without include
 * guards and relative includes, and of the headers only the declarations that are used (compilers
 * warn of functions that are not).
 *
 * It reads C only as far as telling top-level chunks apart (`c-chunks.ts`); a kernel's own .c file
 * is kept whole.
 */
import { type Chunk, chunksOf, identifiersIn } from './c-chunks.ts';
import type { KernelSources } from './kernel-sources.ts';

export interface Amalgamation {
  /** Names of system headers, sorted: "stdint.h". */
  readonly systemIncludes: readonly string[];
  /** The pasted text; ends with a newline unless empty. */
  readonly text: string;
}

interface SourceFile {
  readonly path: string;
  readonly isHeader: boolean;
  readonly chunks: readonly Chunk[];
}

/**
 * Pastes the sources of `functions` and all they need. `defines` are macros that are set for the
 * whole file; a header's default for one (`#ifndef X … #endif`) gives way to it.
 */
export function amalgamate(
  functions: readonly string[],
  sources: KernelSources,
  defines: Readonly<Record<string, string>>,
): Amalgamation {
  const files = collectFiles(functions, sources);
  const kept = reachable(files);
  const systemIncludes = new Set<string>();
  const pasted: string[] = [];
  for (const file of files) {
    // Of all files: a header may rely on one that another header includes.
    for (const { include } of file.chunks) if (include?.system) systemIncludes.add(include.path);
    if (!file.chunks.some((chunk) => kept.has(chunk))) continue;
    const chunks = file.chunks.filter((chunk) => chunk.isHead || kept.has(chunk));
    pasted.push(chunks.map((chunk) => withDefines(chunk, defines)).join(''));
  }
  return { systemIncludes: [...systemIncludes].sort(), text: pasted.map(tidy).join('\n') };
}

/** The files in the order in which they are pasted. */
function collectFiles(functions: readonly string[], sources: KernelSources): SourceFile[] {
  const byFunction = new Map(
    [...sources.keys()].map((path) => [path.replace(/^.*\//, '').replace(/\.c$/, ''), path]),
  );
  const files = new Map<string, SourceFile>();
  const visit = (path: string): void => {
    if (files.has(path)) return;
    const text = sources.get(path);
    if (text === undefined) throw new Error(`kernel source ${path} is missing`);
    const isHeader = path.endsWith('.h');
    const file: SourceFile = { path, isHeader, chunks: chunksOf(text) };
    for (const { include } of file.chunks) {
      if (include && !include.system) visit(resolvePath(path, include.path));
    }
    files.set(path, file);
  };
  for (const name of functions) {
    const path = byFunction.get(name);
    if (path === undefined) throw new Error(`no kernel source defines ${name}`);
    visit(path);
  }
  return [...files.values()];
}

/** The chunks of .c files, those of headers that they name, and so on. */
function reachable(files: readonly SourceFile[]): Set<Chunk> {
  const definitions = new Map<string, Chunk[]>();
  const kept = new Set<Chunk>();
  const pending: Chunk[] = [];
  const keep = (chunk: Chunk): void => {
    if (kept.has(chunk) || chunk.include || chunk.isHead) return;
    kept.add(chunk);
    pending.push(chunk);
  };
  for (const { isHeader, chunks } of files) {
    for (const chunk of chunks) {
      for (const name of chunk.defines) {
        definitions.set(name, [...(definitions.get(name) ?? []), chunk]);
      }
      if (!isHeader || chunk.always) keep(chunk);
    }
  }
  for (let chunk = pending.pop(); chunk; chunk = pending.pop()) {
    for (const name of identifiersIn(chunk.code)) definitions.get(name)?.forEach(keep);
  }
  return kept;
}

/** `#ifndef X #define X … #endif` as `#define X value`, where X is set from outside. */
function withDefines(chunk: Chunk, defines: Readonly<Record<string, string>>): string {
  const guarded = /^#\s*ifndef\s+(\w+)\s*\n#\s*define\s+\1\b/.exec(chunk.code.trimStart())?.[1];
  const value = guarded === undefined ? undefined : defines[guarded];
  if (value === undefined) return chunk.text;
  return chunk.text.replace(/#\s*ifndef[\s\S]*#\s*endif[^\n]*/, `#define ${guarded} ${value}`);
}

function tidy(text: string): string {
  return `${text.replace(/\n{3,}/g, '\n\n').trim()}\n`;
}

function resolvePath(from: string, relative: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of relative.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
