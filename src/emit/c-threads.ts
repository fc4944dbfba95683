/**
 * Threads in the generated C, all of it behind `#ifdef <NAME>_THREADS`: a pool that the caller owns
 * (kernels/threads/, with the network's name for `net`) and `<name>_run_on`. All threads go through
 * the layers side by side. `BN_PART` is where they meet and share one, `BN_ALONE` marks those that
 * the caller's thread computes. A network without a layer that is worth splitting has neither.
 */
import type { Program } from '../plan/program.ts';
import { chunksOf } from './c-chunks.ts';
import type { KernelSources } from './kernel-sources.ts';
import type { PortNames, ProgramNames } from './naming.ts';

/** The part that is the whole of a kernel's work. */
export const WHOLE = '(struct bn_part){0, 1}';

export function isThreaded(program: Program): boolean {
  return program.calls.some(({ isSplit }) => isSplit);
}

/** `<name>_run_on` after what all such functions have in common. */
export function runOnPrototype(names: ProgramNames): string {
  return prototypeOf(`void ${names.name}_run_on(`, names, [`struct ${names.name}_pool *pool`]);
}

/** A prototype with the parameters of `run`, wrapped at each. */
export function prototypeOf(
  start: string,
  { inputs, outputs }: ProgramNames,
  first: readonly string[] = [],
): string {
  const parameters = [
    ...first,
    'const void *weights',
    'void *arena',
    ...inputs.map((port) => `const ${parameterText(port)}`),
    ...outputs.map(parameterText),
  ];
  return `${start}${parameters.join(`,\n${' '.repeat(start.length)}`)})`;
}

function parameterText({ ctype, parameter, sizeMacro }: PortNames): string {
  return `${ctype} ${parameter}[${sizeMacro}]`;
}

/** What the header has for threads, beside the inclusion of pthread.h. */
export function threadsHeaderText(
  program: Program,
  names: ProgramNames,
  kernels: KernelSources,
): string {
  const { name, macro } = names;
  return `#ifdef ${macro}_THREADS
${poolText('threads/pool.h', names, kernels)}
/* Scratch memory of each thread beside the caller's, and bytes of the arena for so many threads. */
#define ${macro}_SCRATCH_SIZE ${program.scratchBytes}
#define ${macro}_ARENA_SIZE_ON(threads) \\
    (${macro}_ARENA_SIZE + (size_t)((threads) - 1) * ${macro}_SCRATCH_SIZE)

/*
 * As ${name}_run, on the threads of a pool; calls from several threads take turns. Without a pool
 * (NULL), or where none runs, the caller's thread does all.
 * arena: ${macro}_ARENA_SIZE_ON(threads of the pool) bytes.
 */
${runOnPrototype(names)};
#endif
`;
}

/** The pool's functions, before `run`. */
export function threadsSourceText(
  program: Program,
  names: ProgramNames,
  kernels: KernelSources,
): string {
  const { macro } = names;
  if (!isThreaded(program)) {
    return `#ifdef ${macro}_THREADS
${poolText('threads/idle_pool.c', names, kernels)}#endif

`;
  }
  const unused = program.calls.every(({ isSplit }) => isSplit) ? ['net_alone'] : [];
  const hasScratch = program.scratchBytes > 0;
  return `#ifdef ${macro}_THREADS
${poolText('threads/pool.c', names, kernels, unused)}${hasScratch ? ownText(names) : ''}
#define BN_ALONE if (${names.name}_alone(thread))
#define BN_PART ${names.name}_part(thread)
${hasScratch ? `#define BN_OWN(first, others) ${names.name}_own(thread, first, others)\n` : ''}#else
#define BN_ALONE
#define BN_PART ${WHOLE}
${hasScratch ? '#define BN_OWN(first, others) (first)\n' : ''}#endif

`;
}

function ownText({ name, macro }: ProgramNames): string {
  return `
/* Where the scratch memory of a thread lies in the arena. */
static size_t ${name}_own(const struct ${name}_thread *thread, size_t first, size_t others)
{
    const size_t index = (size_t)thread->part.index;
    return index == 0 ? first : ${macro}_ARENA_SIZE + (index - 1) * ${macro}_SCRATCH_SIZE + others;
}
`;
}

/** The head of the function that has the layers: `run` itself where there are no threads. */
export function layersPrototype(program: Program, names: ProgramNames): string {
  const run = prototypeOf(`void ${names.name}_run(`, names);
  if (!isThreaded(program)) return run;
  const thread = `struct ${names.name}_thread *thread`;
  return `#ifdef ${names.macro}_THREADS
${prototypeOf('static void run_layers(', names, [thread])}
#else
${run}
#endif`;
}

/** After the layers: `run_on`, and `run` by way of it. */
export function runOnText(program: Program, names: ProgramNames): string {
  const { name, macro, inputs, outputs } = names;
  const ports = [...inputs, ...outputs].map(({ parameter }) => parameter);
  const all = ['weights', 'arena', ...ports];
  if (!isThreaded(program)) {
    return `
#ifdef ${macro}_THREADS
${runOnPrototype(names)}
{
    (void)pool;
    ${name}_run(${all.join(', ')});
}
#endif
`;
  }
  const fields = [
    ...inputs.map(({ ctype, parameter }) => `    const ${ctype} *${parameter};\n`),
    ...outputs.map(({ ctype, parameter }) => `    ${ctype} *${parameter};\n`),
  ].join('');
  return `
#ifdef ${macro}_THREADS
struct run_arguments {
    const void *weights;
    void *arena;
${fields}};

static void run_part(struct ${name}_thread *thread, const void *arguments)
{
    const struct run_arguments *of = arguments;
    run_layers(thread, ${all.map((parameter) => `of->${parameter}`).join(', ')});
}

${runOnPrototype(names)}
{
    const struct run_arguments arguments = {${all.join(', ')}};
    const struct ${name}_job job = {run_part, &arguments};
    ${name}_share(pool, &job);
}

${prototypeOf(`void ${name}_run(`, names)}
{
    ${name}_run_on(NULL, ${all.join(', ')});
}
#endif
`;
}

/** A file of kernels/threads/ without its head, guard and includes, under the network's name. */
function poolText(
  path: string,
  { name, macro }: ProgramNames,
  kernels: KernelSources,
  unused: readonly string[] = [],
): string {
  const source = kernels.get(path);
  if (source === undefined) throw new Error(`kernel source ${path} is missing`);
  return chunksOf(source)
    .filter(({ include, isHead, defines }) => {
      return !include && !isHead && !defines.some((defined) => unused.includes(defined));
    })
    .map(({ text }) => text)
    .join('')
    .replace(/\bnet_/g, `${name}_`)
    .replace(/\bNET_/g, `${macro}_`)
    .trimStart();
}
