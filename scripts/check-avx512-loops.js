/**
 * Holds the inner loops for AVX-512 to what they should be, as compiled: how many vector operations
 * they take for their work, and how much of it they do per cycle by llvm-mca's models, beside the
 * same operations on registers alone. Prints a line for each and exits with 1 when one falls short.
 *
 * These are simulations, not measurements; they leave out memory. The models differ from each other
 * where the processors don't: Ice Lake's has three units for vectors of 512 bits, Sapphire Rapids'
 * two and one that multiplies; Zen 4's has a shuffle unit repeat what is loaded. So a loop is only
 * compared with what the same model makes of registers.
 *
 * Needs gcc (and takes clang where it is installed), objdump and llvm-mca-19.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const KERNELS = fileURLToPath(new URL('../kernels/', import.meta.url));
const FLAGS = [
  '-std=c99',
  '-O3',
  '-march=x86-64-v4',
  '-mavx512vnni',
  '-mavx512vpopcntdq',
  '-mavx512bitalg',
  '-ffp-contract=off',
];
const TURNS = 200;

/**
 * `unit` is the instruction that a loop's work is counted in, `macs` what each stands for, `units`
 * how many the loop of a whole tile has, `most` how many vector operations it may take for each,
 * itself among them, `plain` the same work on registers, `least` the share of that speed in percent.
 */
const CHECKS = [
  {
    kernel: 'conv2d_b1_b1_b1',
    unit: 'vpopcntq',
    macs: 512,
    units: 16,
    most: 3,
    plain: (sum) => [
      `vpxord %zmm30, %zmm31, %zmm${16 + (sum % 8)}`,
      `vpopcntq %zmm${16 + (sum % 8)}, %zmm${16 + (sum % 8)}`,
      `vpaddq %zmm${16 + (sum % 8)}, %zmm${sum}, %zmm${sum}`,
    ],
    least: { 'icelake-server': 60, sapphirerapids: 95, znver4: 70 },
  },
  ...['conv2d_f32_f32_f32', 'conv2d_f32_b1_f32'].map((kernel) => ({
    kernel,
    unit: 'vfmadd',
    macs: 16,
    units: 16,
    most: 1.13,
    plain: (sum) => [`vfmadd231ps %zmm30, %zmm31, %zmm${sum}`],
    least: { 'icelake-server': 95, sapphirerapids: 95, znver4: 55 },
  })),
  {
    kernel: 'conv2d_i8_i8_i32',
    unit: 'vpdpbusd',
    macs: 64,
    units: 24,
    most: 1.09,
    plain: (sum) => [`vpdpbusd %zmm30, %zmm31, %zmm${sum}`],
    least: { 'icelake-server': 75, sapphirerapids: 95, znver4: 70 },
  },
  {
    kernel: 'conv2d_i8_b1_i32',
    unit: 'vpdpbusd',
    macs: 64,
    units: 24,
    most: 1.09,
    plain: (sum) => [`vpdpbusd %zmm30, %zmm31, %zmm${sum}`],
    least: { 'icelake-server': 75, sapphirerapids: 95, znver4: 70 },
  },
];

function run(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}\n${stderr}`);
  return stdout;
}

function isInstalled(program) {
  return spawnSync(program, ['--version']).error === undefined;
}

/** The functions of an object: name and instructions, each with its address. */
function functionsOf(object) {
  const functions = [];
  for (const line of run('objdump', ['-d', '--no-show-raw-insn', object]).split('\n')) {
    const head = /^[0-9a-f]+ <(.*)>:$/.exec(line);
    if (head) functions.push({ name: head[1], code: [] });
    const instruction = /^\s*([0-9a-f]+):\s+(\S.*?)\s*(?:#.*)?$/.exec(line);
    if (instruction) functions.at(-1).code.push({ at: instruction[1], text: instruction[2] });
  }
  return functions;
}

/** Stretches from a jump's target to the jump, with no other such stretch inside. */
function innermostLoops(code) {
  const places = new Map(code.map(({ at }, place) => [at, place]));
  const loops = [];
  code.forEach(({ text }, end) => {
    const start = places.get(/^j\w+\s+([0-9a-f]+) </.exec(text)?.[1]);
    if (start !== undefined && start <= end) loops.push({ start, end });
  });
  return loops
    .filter(
      (outer) => !loops.some((l) => l !== outer && l.start >= outer.start && l.end <= outer.end),
    )
    .map(({ start, end }) => code.slice(start, end + 1).map(({ text }) => text));
}

/** Whether it computes in vector registers: moves, and loads that repeat what they load, don't. */
function isVectorOperation(text) {
  if (!/%[xyz]mm/.test(text) || /^vmov/.test(text)) return false;
  return !/^v(p?broadcast)\w+\s+[^%]*\(/.test(text);
}

function cyclesPerTurn(loop, cpu, folder) {
  const file = join(folder, 'loop.s');
  const code = loop.map((text) => text.replace(/^(j\w+)\s.*/, '$1 loop'));
  writeFileSync(file, `loop:\n${code.join('\n')}\n`);
  const args = ['-mtriple=x86_64', `-mcpu=${cpu}`, `-iterations=${TURNS}`, file];
  return Number(/Total Cycles:\s+(\d+)/.exec(run('llvm-mca-19', args))[1]) / TURNS;
}

function plainLoop({ plain }) {
  return Array.from({ length: 16 }, (_, sum) => plain(sum)).flat();
}

/** Prints how a loop fares; false when it falls short. */
function checkLoop(where, check, loop, folder) {
  const units = loop.filter((text) => text.startsWith(check.unit)).length;
  const operations = loop.filter(isVectorOperation).length / units;
  const figures = [
    {
      text: `${operations.toFixed(2)} vector operations per ${check.macs} MAC, at most ${check.most}`,
      isGood: operations <= check.most,
    },
  ];
  for (const [cpu, least] of Object.entries(check.least)) {
    const speed = (units * check.macs) / cyclesPerTurn(loop, cpu, folder);
    const limit = (16 * check.macs) / cyclesPerTurn(plainLoop(check), cpu, folder);
    const share = (100 * speed) / limit;
    const text = `${cpu}: ${speed.toFixed(1)} of ${limit.toFixed(1)} MAC per cycle, ${share.toFixed(1)} %, at least ${least} %`;
    figures.push({ text, isGood: share >= least });
  }
  for (const { text, isGood } of figures)
    console.log(`${isGood ? 'ok  ' : 'FAIL'} ${where}: ${text}`);
  return figures.every(({ isGood }) => isGood);
}

/** Loops of whole tiles; compilers may unroll others to as many units, which then take more. */
function tileLoops(check, object) {
  const found = functionsOf(object).flatMap(({ name, code }) => {
    const loops = innermostLoops(code).filter(
      (loop) => loop.filter((text) => text.startsWith(check.unit)).length === check.units,
    );
    const shortest = Math.min(...loops.map((loop) => loop.length));
    return loops.filter((loop) => loop.length === shortest).map((loop) => ({ name, loop }));
  });
  return [...new Map(found.map((each) => [each.name, each])).values()];
}

function checkWith(compiler, check, folder) {
  const object = join(folder, 'kernel.o');
  const source = join(KERNELS, `avx512/${check.kernel}__avx512.c`);
  run(compiler, [...FLAGS, '-DBN_KERNEL=', '-c', source, '-o', object]);
  const loops = tileLoops(check, object);
  if (loops.length === 0) {
    console.log(`FAIL ${compiler}: no loop with ${check.units} ${check.unit}`);
    return false;
  }
  return loops
    .map(({ name, loop }) =>
      checkLoop(`${compiler}, ${name.replace(/\..*/, '')}`, check, loop, folder),
    )
    .every((isGood) => isGood);
}

const folder = mkdtempSync(join(tmpdir(), 'binarynet-loops-'));
try {
  const compilers = isInstalled('clang') ? ['gcc', 'clang'] : ['gcc'];
  for (const check of CHECKS) {
    console.log(`avx512/${check.kernel}__avx512.c, ${FLAGS.join(' ')}`);
    for (const compiler of compilers) if (!checkWith(compiler, check, folder)) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
