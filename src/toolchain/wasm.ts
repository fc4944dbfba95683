/**
 * C to WebAssembly with nothing installed: clang and lld run as WebAssembly themselves, from the
 * package @yowasp/clang. It is large (about 100 MB) and takes seconds to load, so it is imported
 * on first use only.
 *
 * The module that comes out has no imports (but those asked for) and exports `memory`, `__heap_base` and the functions
 * asked for; memory past `__heap_base` belongs to the caller, who grows it as needed.
 */
import { fail } from '../errors.ts';
import type { Target } from '../plan/targets.ts';
import type { FileToWrite } from './files.ts';

/** Kernels keep little on the stack; with --stack-first an overflow traps instead of corrupting. */
const STACK_BYTES = 256 * 1024;
const OUTPUT = 'module.wasm';

/** The functions that a module shares with JavaScript. */
export interface ModuleSymbols {
  readonly exports: readonly string[];
  readonly imports?: readonly string[];
}

type Clang = typeof import('@yowasp/clang');

let clang: Promise<Clang> | undefined;

function loadClang(): Promise<Clang> {
  clang ??= importClang();
  return clang;
}

async function importClang(): Promise<Clang> {
  try {
    const loaded = await import('@yowasp/clang');
    // Without arguments it only loads its files; left to the first compilation, it would write
    // its progress to stdout.
    await loaded.commands.clang(undefined, {}, { fetchProgress: () => undefined });
    return loaded;
  } catch (error) {
    return fail({
      code: 'missing-tool',
      found: 'the package @yowasp/clang, which compiles C to WebAssembly, can not be loaded',
      fix: 'Install it with "npm install @yowasp/clang", or use --target host with gcc or clang.',
      detail: String(error),
    });
  }
}

/**
 * Compiles the `.c` files among `files` into one WebAssembly module that exports the functions
 * named in `exports`; those in `imports` are the embedder's (module "env"). Throws `tool-failed` with the compiler's messages.
 */
export async function buildWasm(
  files: readonly FileToWrite[],
  target: Target,
  symbols: ModuleSymbols,
): Promise<Uint8Array> {
  const { commands, Exit } = await loadClang();
  const messages: Uint8Array[] = [];
  const capture = (bytes: Uint8Array | null): void => {
    if (bytes) messages.push(bytes.slice());
  };
  try {
    const result = await commands.clang(
      compilerArguments(files, target, symbols),
      Object.fromEntries(files.map((file) => [file.path, file.data])),
      { stdout: capture, stderr: capture, decodeASCII: false },
    );
    const module = result?.[OUTPUT];
    if (module instanceof Uint8Array) return module;
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
  }
  return fail({
    code: 'tool-failed',
    found: 'clang (WebAssembly) did not compile the generated C',
    detail: Buffer.concat(messages).toString('utf8').trim(),
  });
}

function compilerArguments(
  files: readonly FileToWrite[],
  target: Target,
  { exports, imports = [] }: ModuleSymbols,
): string[] {
  return [
    '--target=wasm32-wasip1',
    '-nostartfiles',
    ...target.toolchain.flags,
    '-Wl,--no-entry',
    '-Wl,--strip-all',
    '-Wl,--stack-first',
    `-Wl,-z,stack-size=${STACK_BYTES}`,
    ...['__heap_base', ...exports].map((name) => `-Wl,--export=${name}`),
    ...(imports.length > 0 ? ['-Wl,--allow-undefined'] : []),
    ...files.map((file) => file.path).filter((path) => path.endsWith('.c')),
    '-o',
    OUTPUT,
  ];
}
