/**
 * Is a shape slower than plain C? npm run bench:shapes -- [--shapes 200] [--seed 1] [--target host]
 *
 * Random convolutions, depthwise convolutions and dense layers, each with every kind of operands,
 * by the target's kernels and by the scalar ones under the same compiler with the same flags, in
 * turns. Prints a line for each shape, with how many times faster each kind is, and ends with code 1
 * when one of them is slower.
 */
import { parseArgs } from 'node:util';
import { KINDS, kernelNetwork } from '../dist/cli/bench/kernel-network.js';
import { openWith } from '../dist/cli/pipeline.js';
import { randomSamples } from '../dist/cli/samples.js';
import { measureCalls } from '../dist/cli/stopwatch.js';
import { emitC } from '../dist/emit/c.js';
import { planProgram } from '../dist/plan/plan.js';
import { targetNamed } from '../dist/plan/targets.js';
import { loadKernelSources } from '../dist/toolchain/kernel-sources.js';
import { resolveTarget } from '../dist/toolchain/processor.js';

/** Shapes compiled into one network. */
const BATCH = 10;
/** A shape is slower when each of so many measurements says so; less than this is a clock's noise. */
const LOOKS = 3;
const EQUAL = 0.97;
const MOST_MACS = 4e6;

const { values } = parseArgs({
  options: {
    shapes: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    target: { type: 'string', default: 'host' },
  },
});
const random = generator(Number(values.seed));
const target = resolveTarget(targetNamed(values.target));
const kernels = loadKernelSources();

console.log(`Times faster than scalar kernels, target ${target.name}, seed ${values.seed}.`);
console.log('"=": both take the same kernel.\n');
console.log([...KINDS.map(({ name }) => name.padStart(15)), '  layer'].join(''));
const shapes = Number(values.shapes);
const rows = [];
const seen = new Set();
while (rows.length < shapes) {
  const layers = [];
  while (layers.length < Math.min(BATCH, shapes - rows.length)) layers.push(randomLayer());
  const ratios = await compare(layers);
  for (let look = 1; look < LOOKS; look++) {
    const slow = layers.filter(({ name }) => ratios.get(name).some(isSlower));
    const again = slow.length > 0 ? await compare(slow) : new Map();
    for (const [name, row] of again) {
      const better = ratios.get(name).map((ratio, i) => (isSlower(ratio) ? row[i] : ratio));
      ratios.set(name, better);
    }
  }
  for (const { name } of layers) {
    const row = ratios.get(name);
    const texts = row.map((ratio) => (ratio === undefined ? '=' : `${ratio.toFixed(2)}×`));
    console.log([...texts.map((text) => text.padStart(15)), `  ${name}`].join(''));
    rows.push(row);
  }
}
console.log();
KINDS.forEach(({ name }, kind) => {
  const ratios = rows.map((row) => row[kind]).filter((ratio) => ratio !== undefined);
  ratios.sort((a, b) => a - b);
  const slower = ratios.filter(isSlower).length;
  const [least, middle] = [ratios[0], ratios[ratios.length >> 1]].map((x) => `${x.toFixed(2)}×`);
  console.log(`${name}: ${slower} of ${ratios.length} slower; least ${least}, median ${middle}`);
  if (slower > 0) process.exitCode = 1;
});

function isSlower(ratio) {
  return ratio < EQUAL;
}

/** By the name of the layer how many times faster each kind is; undefined: by the same kernel. */
async function compare(layers) {
  const graph = kernelNetwork(layers);
  const programs = [target, { ...target, kernels: ['scalar'] }].map((to) => {
    const program = planProgram(graph, to, { name: 'net', kernels });
    return { program, files: emitC(program, kernels, { weights: 'file', cases: [], timed: true }) };
  });
  const running = [];
  try {
    for (const each of programs) running.push(await openWith(each, {}));
    const isLayer = (which, call) => (programs[which].program.calls[call]?.macs ?? 0) > 0;
    const { sample } = randomSamples(graph, 1);
    const seconds = await measureCalls(running, sample(0), isLayer);
    const [ours, scalar] = programs.map(({ program }, which) => byLayer(program, seconds[which]));
    const ratioOf = (key) => {
      const [a, b] = [ours.get(key), scalar.get(key)];
      return a.kernel === b.kernel ? undefined : b.seconds / a.seconds;
    };
    return new Map(
      layers.map(({ name }) => [name, KINDS.map((kind) => ratioOf(`${name}, ${kind.name}`))]),
    );
  } finally {
    for (const each of running) await each.close();
  }
}

function byLayer({ calls }, seconds) {
  const entries = calls.map(({ layer, kernel, macs }, i) => {
    return [`${layer.name}, ${layer.op}`, { kernel, seconds: seconds[i], macs }];
  });
  return new Map(entries.filter(([, { macs }]) => macs > 0));
}

function randomLayer() {
  for (;;) {
    const layer = random() < 0.2 ? randomDense() : randomConv();
    if (layer === undefined || seen.has(layer.name)) continue;
    seen.add(layer.name);
    return layer;
  }
}

function randomDense() {
  const [channels, filters] = [randomSize(2048), randomSize(1024)];
  return { name: `dense ${channels} to ${filters}`, input: [channels], filters };
}

function randomConv() {
  const size = [pick([1, 3, 3, 5, 7, randomSize(7)]), pick([1, 3, 3, 5, randomSize(7)])];
  const strides = pick([
    [1, 1],
    [1, 1],
    [2, 2],
    [1, 2],
    [3, 1],
  ]);
  const dilations = pick([
    [1, 1],
    [1, 1],
    [1, 1],
    [2, 2],
    [1, 3],
  ]);
  const pad = pick([0, 1, 1, Math.floor((size[0] - 1) / 2), 2]);
  const channels = randomSize(320);
  const groups = pick([1, 1, 1, pick([2, 4, 8]), channels]);
  if (channels % groups !== 0) return undefined;
  const filters = groups * randomSize(Math.max(1, Math.floor(320 / groups)));
  const [height, width] = [randomSize(56), randomSize(56)];
  const out = [0, 1].map((axis) => {
    const extent = (size[axis] - 1) * dilations[axis] + 1;
    return Math.floor(([height, width][axis] + 2 * pad - extent) / strides[axis]) + 1;
  });
  if (Math.min(...out) < 1 || size.some((taps, axis) => pad >= (taps - 1) * dilations[axis] + 1))
    return undefined;
  if ((out[0] * out[1] * size[0] * size[1] * channels * filters) / groups > MOST_MACS)
    return undefined;
  const details = [
    `${size.join('×')} conv ${channels} to ${filters} on ${height}×${width}`,
    strides.some((x) => x > 1) ? `strides ${strides}` : '',
    dilations.some((x) => x > 1) ? `dilations ${dilations}` : '',
    pad > 0 ? `pad ${pad}` : '',
    groups > 1 ? `groups ${groups}` : '',
  ];
  const window = { size, strides, dilations, pads: [pad, pad, pad, pad], groups };
  const name = details.filter((text) => text !== '').join(', ');
  return { name, input: [height, width, channels], filters, window };
}

/** From 1 to `most`, small numbers as often as large ones, half of them a multiple of 8. */
function randomSize(most) {
  const size = Math.max(1, Math.round(most ** random()));
  return size >= 8 && random() < 0.5 ? size - (size % 8) : size;
}

function pick(list) {
  return list[Math.floor(random() * list.length)];
}

/** mulberry32 */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
