/**
 * Holds the inner loops for Arm to what they should be, as compiled: how many vector operations they
 * take for their work, and which share of each core's limit they reach by llvm-mca's model of it.
 * Prints a line for each and exits with 1 when one falls short.
 *
 * Needs the cross compilers that it names (clang where it is installed) and llvm-mca-19.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const KERNELS = fileURLToPath(new URL('../kernels/', import.meta.url));
const OPTIMISED = ['-std=c99', '-O3'];
const AARCH64 = {
  triple: 'aarch64-linux-gnu',
  flags: [...OPTIMISED, '-march=armv8-a', '-mtune=cortex-a53', '-ffp-contract=off'],
};
const DOTPROD = {
  triple: 'aarch64-linux-gnu',
  flags: [...OPTIMISED, '-march=armv8.2-a+dotprod', '-ffp-contract=off'],
};
const ARMV7 = {
  triple: 'arm-linux-gnueabihf',
  flags: [
    ...OPTIMISED,
    '-march=armv7-a',
    '-mfpu=neon-vfpv4',
    '-mfloat-abi=hard',
    '-ffp-contract=off',
  ],
};

/**
 * `unit` matches the instructions that a loop's work is counted in, `macs` is what each stands for,
 * `most` how many vector operations it may take, itself among them; `cores` have a limit of MAC per
 * cycle and the least share of it in percent. llvm-mca takes a Cortex-A76 for a Cortex-A72.
 */
const DOT_PRODUCTS = {
  machine: DOTPROD,
  inside: /dot_tile/,
  unit: /^sdot$/,
  macs: 16,
  most: 1.1,
  cores: [
    { cpu: 'cortex-a55', limit: 16, least: 55 },
    { cpu: 'cortex-a76', limit: 32, least: 85 },
  ],
};
const PRODUCTS = {
  machine: AARCH64,
  inside: /narrow_tile/,
  unit: /^sml?[au]l+2?$/,
  macs: 8,
  most: 2.2,
  cores: [{ cpu: 'cortex-a72', limit: 8, least: 85 }],
};
const CHECKS = [
  {
    kernel: 'neon/conv2d_b1_b1_b1__neon.c',
    machine: AARCH64,
    inside: /bit_tile/,
    unit: /^eor$/,
    macs: 128,
    most: 3.3,
    cores: [
      { cpu: 'cortex-a53', limit: 42.7, least: 80 },
      { cpu: 'cortex-a72', limit: 85.3, least: 95 },
    ],
  },
  {
    kernel: 'neon/conv2d_b1_b1_b1__neon.c',
    machine: ARMV7,
    inside: /bit_tile/,
    unit: /^veor$/,
    macs: 128,
    most: 3.3,
    cores: [],
  },
  { kernel: 'neon/conv2d_i8_i8_i8__neon.c', ...PRODUCTS },
  { kernel: 'neon/conv2d_i8_b1_i8__neon.c', ...PRODUCTS },
  { kernel: 'neon_dotprod/conv2d_i8_i8_i8__neon_dotprod.c', ...DOT_PRODUCTS },
  { kernel: 'neon_dotprod/conv2d_i8_b1_i8__neon_dotprod.c', ...DOT_PRODUCTS },
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
function functionsOf(objdump, object) {
  const functions = [];
  for (const line of run(objdump, ['-d', '--no-show-raw-insn', object]).split('\n')) {
    const head = /^[0-9a-f]+ <(.*)>:$/.exec(line);
    if (head) functions.push({ name: head[1], code: [] });
    const instruction = /^\s*([0-9a-f]+):\s+(\S.*?)\s*(?:(?:\/\/|@|;).*)?$/.exec(line);
    if (instruction) functions.at(-1).code.push({ at: instruction[1], text: instruction[2] });
  }
  return functions;
}

/** Stretches from a branch's target to the branch, with no other such stretch inside. */
function innermostLoops(code) {
  const loops = [];
  code.forEach(({ text }, end) => {
    const target = /^(?:b|cb|tb)[\w.]*\s.*?\b([0-9a-f]+) </.exec(text)?.[1];
    const start = code.findIndex(({ at }) => at === target);
    if (start >= 0 && start <= end) loops.push({ start, end });
  });
  return loops
    .filter(
      (outer) => !loops.some((l) => l !== outer && l.start >= outer.start && l.end <= outer.end),
    )
    .map(({ start, end }) => code.slice(start, end + 1).map(({ text }) => text));
}

function mnemonic(text) {
  return text.split(/[\s.]/, 1)[0];
}

/** Whether it computes in vector registers: loads that replicate do, others and stores don't. */
function isVectorOperation(text) {
  const name = mnemonic(text);
  if (/^(v?ld[1-4]r|v?dup)$/.test(name) || /^vld1.*\[\]/.test(text)) return true;
  if (/^(v?ld|v?st|vpush|vpop)/.test(name)) return false;
  return /\bv\d+\.|\b[qd]\d+\b/.test(text);
}

function cyclesPerTurn(loop, cpu, folder) {
  const file = join(folder, 'loop.s');
  const code = loop.map((text) => text.replace(/[0-9a-f]+ <.*>/, 'loop'));
  writeFileSync(file, `loop:\n${code.join('\n')}\n`);
  const turns = 200;
  const args = [`-mtriple=aarch64`, `-mcpu=${cpu}`, `-iterations=${turns}`, file];
  return Number(/Total Cycles:\s+(\d+)/.exec(run('llvm-mca-19', args))[1]) / turns;
}

function unitsOf(check, loop) {
  return loop.filter((text) => check.unit.test(mnemonic(text))).length;
}

/** Prints how a loop fares; false when it falls short. */
function checkLoop(where, check, loop, folder) {
  const units = unitsOf(check, loop);
  const operations = loop.filter(isVectorOperation).length / units;
  const figures = [
    {
      text: `${operations.toFixed(2)} vector operations per ${check.macs} MAC, at most ${check.most}`,
      isGood: operations <= check.most,
    },
  ];
  for (const { cpu, limit, least } of check.cores) {
    const speed = (units * check.macs) / cyclesPerTurn(loop, cpu, folder);
    const share = (100 * speed) / limit;
    const text = `${cpu}: ${speed.toFixed(1)} of ${limit} MAC per cycle, ${share.toFixed(1)} %, at least ${least} %`;
    figures.push({ text, isGood: share >= least });
  }
  for (const { text, isGood } of figures)
    console.log(`${isGood ? 'ok  ' : 'FAIL'} ${where}: ${text}`);
  return figures.every(({ isGood }) => isGood);
}

function checkWith(compiler, check, folder) {
  const { triple, flags } = check.machine;
  const object = join(folder, 'kernel.o');
  const source = join(KERNELS, check.kernel);
  run(compiler[0], [...compiler.slice(1), ...flags, '-DBN_KERNEL=', '-c', source, '-o', object]);
  const where = compiler[0];
  const hot = functionsOf(`${triple}-objdump`, object).filter(({ name }) =>
    check.inside.test(name),
  );
  const results = hot.map(({ name, code }) => {
    const [most] = innermostLoops(code).sort((a, b) => unitsOf(check, b) - unitsOf(check, a));
    if (most !== undefined && unitsOf(check, most) > 0)
      return checkLoop(`${where}, ${name.replace(/\..*/, '')}`, check, most, folder);
    console.log(`FAIL ${where}: no loop of ${check.unit} in ${name}`);
    return false;
  });
  if (hot.length === 0) console.log(`FAIL ${where}: no function like ${check.inside}`);
  return results.length > 0 && results.every(Boolean);
}

const folder = mkdtempSync(join(tmpdir(), 'binarynet-loops-'));
try {
  for (const check of CHECKS) {
    console.log(`${check.kernel}, ${check.machine.flags.join(' ')}`);
    const { triple } = check.machine;
    const compilers = [[`${triple}-gcc`]];
    if (isInstalled('clang')) compilers.push(['clang', `--target=${triple}`]);
    for (const compiler of compilers) if (!checkWith(compiler, check, folder)) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
