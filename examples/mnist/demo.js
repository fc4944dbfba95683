/**
 * The main job on the model that ships: compiles examples/mnist/mnist.h5 to WebAssembly, verifies
 * it against the reference, lets it read digits that draw-digits.js draws, and compares it with the
 * same network in float. Needs nothing but Node.js; `npm run demo` starts it.
 */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { compileGraph, Interpreter, importModel, targetNamed } from 'binarynet';
import {
  loadKernelSources,
  measure,
  openExecutable,
  openModel,
  writeFiles,
} from 'binarynet/runtime';
import { drawDigit, VARIANTS } from './draw-digits.js';

const MODEL = fileURLToPath(new URL('mnist.h5', import.meta.url));
const OUTPUT = fileURLToPath(new URL('../../out/mnist', import.meta.url));
const PIXELS = 28 * 28;

const say = (text = '') => process.stdout.write(`${text}\n`);
const strong = (text) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[22m` : text);
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;

/** The index of the largest number. */
const argmax = (values) => values.indexOf(Math.max(...values));

/** All digits in all variants: { digit, pixels, input }. */
function drawnDigits() {
  return Array.from({ length: 10 * VARIANTS }, (_, i) => {
    const pixels = drawDigit(i % 10, Math.floor(i / 10));
    return { digit: i % 10, pixels, input: Float32Array.from(pixels) };
  });
}

async function answers(executable, digits) {
  const results = [];
  for await (const [output] of executable.run(digits.map(({ input }) => [input])))
    results.push(output);
  return results;
}

/** The dots of a braille character, by row and column, as the bits of its code point. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];
const CELL_WIDTH = 10;

/** The pixels 4 to 23 of four rows, as braille: a character shows two pixels by four. */
function cells(pixels, y) {
  return Array.from({ length: CELL_WIDTH }, (_, cell) => {
    let code = 0;
    DOTS.forEach((row, dy) => {
      row.forEach((bit, dx) => {
        if (pixels[28 * (y + dy) + 4 + 2 * cell + dx] > 96) code |= bit;
      });
    });
    return code === 0 ? ' ' : String.fromCodePoint(0x2800 + code);
  }).join('');
}

/** One digit of each kind side by side, with the network's answers and how sure it is. */
function showDigits(digits, outputs) {
  const row = digits.slice(0, 10);
  for (let y = 0; y < 28; y += 4) {
    const line = row
      .map(({ pixels }) => cells(pixels, y))
      .join('')
      .trimEnd();
    if (line !== '') say(line);
  }
  const labels = row.map(({ digit }, i) => {
    const output = outputs[i];
    const answer = argmax(output);
    const sure = `${(100 * output[answer]).toFixed(0)} %`;
    return `   ${answer}${answer === digit ? '' : '!'} ${sure}`.padEnd(CELL_WIDTH);
  });
  say(strong(labels.join('').trimEnd()));
}

async function main() {
  say(
    'Reading examples/mnist/mnist.h5, a Keras model with Larq layers: 1-bit weights and activations.',
  );
  const graph = await importModel(await openModel(MODEL));
  const common = { target: targetNamed('wasm'), kernels: loadKernelSources(), name: 'mnist' };
  const binary = compileGraph(graph, common);
  const float = compileGraph(graph, { ...common, binary: false });
  await writeFiles(OUTPUT, binary.files);
  say(`Wrote C to out/mnist: ${binary.files.map(({ path }) => path).join(', ')}.`);
  say('Compiling it to WebAssembly, with the compiler that npm installed …');
  const network = await openExecutable(binary.program, binary.files);
  const floatNetwork = await openExecutable(float.program, float.files);

  const digits = drawnDigits();
  const outputs = await answers(network, digits);
  const reference = new Interpreter(graph);
  let error = 0;
  let agree = 0;
  digits.forEach(({ input }, i) => {
    const [expected] = reference.run([input]);
    expected.forEach((value, j) => {
      error = Math.max(error, Math.abs(value - outputs[i][j]));
    });
    if (argmax(expected) === argmax(outputs[i])) agree++;
  });
  const right = digits.filter(({ digit }, i) => argmax(outputs[i]) === digit).length;
  say(
    `Verified on ${digits.length} images: the C gives the model's answer on ${agree}; ` +
      `largest difference of any output ${error.toExponential(1)}.`,
  );
  say();
  say('Digits drawn by examples/mnist/draw-digits.js, what the network reads, and how sure it is:');
  showDigits(digits, outputs);
  say(`Read right: ${right} of ${digits.length} drawings (each digit in ${VARIANTS} variants).`);
  say();

  const sample = [digits[0].input];
  const [seconds, floatSeconds] = await measure([network, floatNetwork], sample);
  const rows = [
    ['', 'binary', 'float', 'ratio'],
    [
      'weights',
      kib(binary.program.weightsBytes),
      kib(float.program.weightsBytes),
      float.program.weightsBytes / binary.program.weightsBytes,
    ],
    [
      'memory while running',
      kib(binary.program.arenaBytes),
      kib(float.program.arenaBytes),
      float.program.arenaBytes / binary.program.arenaBytes,
    ],
    [
      'time per image here',
      `${(1e6 * seconds).toFixed(0)} µs`,
      `${(1e6 * floatSeconds).toFixed(0)} µs`,
      floatSeconds / seconds,
    ],
  ];
  for (const [title, a, b, ratio] of rows) {
    const last = typeof ratio === 'number' ? `${ratio.toFixed(1)}x` : ratio;
    say(`  ${title.padEnd(22)}${a.padStart(10)}${b.padStart(12)}${last.padStart(8)}`);
  }
  say();
  say(
    `${PIXELS} pixels to 10 digits; times are medians on one core of this machine, in WebAssembly.`,
  );
  await network.close();
  await floatNetwork.close();
  if (agree < digits.length) process.exitCode = 1;
}

await main();
