/**
 * The network that ships, compiled for the web: its ES module in a browser, in Node.js and in the
 * eyes of TypeScript.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { watchedPage, withBrowser, withServer } from '../support/browser.ts';
import { runCli, useTemporaryFolder } from '../support/cli.ts';
import { testWith } from '../support/tools.ts';

interface Mnist {
  load(): Promise<{ run(input: Float32Array): Float32Array }>;
}

interface DrawDigits {
  readonly drawDigit: (digit: number, variant: number) => Uint8Array;
}

const EXAMPLE = new URL('../../examples/mnist/', import.meta.url);
const DIGITS = [2, 7, 0] as const;

const at = useTemporaryFolder();
let drawings: number[][] = [];

beforeAll(async () => {
  const model = fileURLToPath(new URL('mnist.h5', EXAMPLE));
  const { code, stderr } = await runCli('compile', model, '--target', 'wasm', '-o', at('mnist'));
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const page = '<!doctype html><title>digits</title><link rel="icon" href="data:,">';
  writeFileSync(at('mnist', 'index.html'), page);
  const { drawDigit } = (await import(new URL('draw-digits.js', EXAMPLE).href)) as DrawDigits;
  drawings = DIGITS.map((digit) => Array.from(drawDigit(digit, 0)));
});

async function outputsInNode(): Promise<number[][]> {
  const url = pathToFileURL(at('mnist', 'mnist.js')).href;
  const { load } = (await import(/* @vite-ignore */ url)) as Mnist;
  const net = await load();
  return drawings.map((pixels) => Array.from(net.run(Float32Array.from(pixels))));
}

function argmax(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

describe('the ES module of the MNIST network', () => {
  test('reads drawn digits in Node.js', async () => {
    expect((await outputsInNode()).map(argmax)).toEqual(DIGITS);
  });

  testWith(['chromium'], 'gives the same numbers in a browser, from three files', async () => {
    const script = `(async () => {
      const { load } = await import('./mnist.js');
      const net = await load();
      const drawings = ${JSON.stringify(drawings)};
      return drawings.map((pixels) => Array.from(net.run(Float32Array.from(pixels))));
    })()`;
    await withServer(at('mnist'), (origin) =>
      withBrowser(async (browser) => {
        const { page, requests, complaints } = await watchedPage(browser);
        await page.goto(`${origin}/index.html`);
        const outputs = await page.evaluate<number[][]>(script);
        expect(outputs).toEqual(await outputsInNode());
        expect(outputs.map(argmax)).toEqual(DIGITS);
        const asked = ['index.html', 'mnist.js', 'mnist.wasm', 'mnist.weights'];
        const files = requests.filter((address) => !address.startsWith('data:'));
        expect(files.sort()).toEqual(asked.map((name) => `${origin}/${name}`));
        expect(complaints).toEqual([]);
      }),
    );
  });
});

const RIGHT = `
import { inputs, load, outputs, type Network } from '../mnist/mnist.js';

export async function read(pixels: Float32Array, file: ArrayBuffer, wasm: object): Promise<number> {
  const net: Network = await load();
  await load({ wasm: './elsewhere.wasm', weights: file });
  await load({ wasm });
  const shape: readonly [1, 28, 28, 1] = inputs[0].shape;
  const count: 10 = outputs[0].length;
  const scores: Float32Array = net.run(pixels);
  return scores.indexOf(Math.max(...scores)) + shape.length + count + net.inputs[0].length;
}
`;

/** Every line from the third on is a mistake of its own. */
const WRONG = `import { inputs, load, outputs } from '../mnist/mnist.js';
const net = await load();
net.run(new Array(3));
net.run(new Float64Array(784));
net.run();
net.run(new Float32Array(784), new Float32Array(784));
const text: string = net.run(new Float32Array(784));
load({ weights: 3 });
load({ wasm: 3 });
load({ arena: new ArrayBuffer(8) });
inputs[1];
outputs[0].length = 3;
export { text };
`;

const STRICT = {
  target: 'ES2022',
  strict: true,
  noEmit: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
};

/** In a page, and in Node.js, whose types know no WebAssembly. */
const CONSUMERS = {
  browser: { module: 'ESNext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM'], types: [] },
  'Node.js': { module: 'NodeNext', lib: ['ES2022'], types: ['node'] },
};

/** The compiler's complaints, as "file:line". */
function typeErrors(folder: string): string[] {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 100_000,
  });
  expect(status, stdout).not.toBeNull();
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith(' '));
  return lines.map((line) => line.replace(/\((\d+),\d+\):.*/, ':$1'));
}

describe('the types of the MNIST network', () => {
  for (const [name, options] of Object.entries(CONSUMERS)) {
    test(`take right uses and refuse wrong ones, in TypeScript for ${name}`, () => {
      const folder = at(`consumer-${name}`);
      mkdirSync(folder);
      const typeRoots = [fileURLToPath(new URL('../../node_modules/@types', import.meta.url))];
      const config = {
        compilerOptions: { ...STRICT, ...options, typeRoots },
        files: ['right.ts', 'wrong.ts'],
      };
      writeFileSync(at(`consumer-${name}`, 'tsconfig.json'), JSON.stringify(config));
      writeFileSync(at(`consumer-${name}`, 'package.json'), '{ "type": "module" }');
      writeFileSync(at(`consumer-${name}`, 'right.ts'), RIGHT);
      writeFileSync(at(`consumer-${name}`, 'wrong.ts'), WRONG);
      const mistakes = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((line) => `wrong.ts:${line}`);
      expect(typeErrors(folder)).toEqual(mistakes);
    });
  }
});
