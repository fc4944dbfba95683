/**
 * What the training page does with files: it asks for them, names what is wrong with them, and trains on
 * what is right. And its other back end: WebGPU, in software.
 */
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { beforeAll, expect } from 'vitest';
import { ROLES } from '../../web/train/messages.ts';
import { SOFTWARE_WEBGPU, withBrowser } from '../support/browser.ts';
import { useTemporaryFolder } from '../support/cli.ts';
import { findTool, testWith } from '../support/tools.ts';
import {
  buildTrainingPage,
  IS_READY,
  isState,
  type Opened,
  openPage,
  withTrainingPage,
} from './training-page.ts';

const at = useTemporaryFolder();

beforeAll(async () => {
  if (findTool('chromium')) await buildTrainingPage(at('page'));
});

/** An IDX file of bytes. */
function idx(shape: readonly number[], values: (i: number) => number): Buffer {
  const count = shape.reduce((product, size) => product * size, 1);
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((size, axis) => {
    header.writeUInt32BE(size, 4 + 4 * axis);
  });
  return Buffer.concat([
    header,
    Buffer.from(Uint8Array.from({ length: count }, (_, i) => values(i))),
  ]);
}

/** Images that are bright in the row that the label says, under MNIST's names. */
function smallMnist(): { name: string; buffer: Buffer }[] {
  return ROLES.map(({ part, kind, file }) => {
    const count = part === 'training' ? 100 : 20;
    const pixel = (i: number) => {
      const [image, row] = [Math.floor(i / 784), Math.floor((i % 784) / 28)];
      return row === 2 * (image % 10) + 4 ? 255 : 0;
    };
    const isImages = kind === 'images';
    const bytes = isImages ? idx([count, 28, 28], pixel) : idx([count], (i) => i % 10);
    return { name: file, buffer: gzipSync(bytes) };
  });
}

async function choose({ page }: Opened, files: readonly { name: string; buffer: Buffer }[]) {
  const payloads = files.map((file) => ({ ...file, mimeType: 'application/gzip' }));
  await page.setInputFiles('#files', payloads);
}

/** Opens the page on a server without data. */
async function openWithout(browser: Browser, origin: string, query = ''): Promise<Opened> {
  const opened = await openPage(browser, `${origin}/${query}`);
  await opened.until('!document.querySelector("#data").hidden', 60_000);
  return opened;
}

const problemsAre = (start: string) =>
  `document.querySelector("#problems").textContent.startsWith(${JSON.stringify(start)})`;

testWith(
  ['chromium'],
  'files that are wrong are named, those that are right are kept',
  async () => {
    await withTrainingPage(at('page'), undefined, (origin) =>
      withBrowser(async (browser) => {
        const opened = await openWithout(browser, origin);
        const { page, text, until } = opened;
        expect(await page.locator('#problems').isHidden()).toBe(true);
        expect(await text('status')).toBe('Waiting for MNIST’s files.');
        expect(await text('backend-reason')).toBe(
          'WebGPU is not used: the browser found no GPU for it.',
        );
        const [images, labels, ...heldOut] = smallMnist();
        if (!images || !labels) throw new Error('four files');
        const cut = { ...images, buffer: images.buffer.subarray(0, -40) };
        await choose(opened, [cut, labels, { name: 'notes.txt', buffer: Buffer.from('hello') }]);
        await until(problemsAre('train-images-idx3-ubyte.gz: The gzip file is truncated'), 10_000);
        expect(await text('problems')).toContain(
          "notes.txt: Its first bytes are 68 65 6c 6c, not one of MNIST's files. Choose MNIST's four",
        );
        expect(await page.locator('#roles .there').allInnerTexts()).toEqual([
          expect.stringContaining('train-labels-idx1-ubyte.gz'),
        ]);
        await choose(opened, [{ ...images, name: 'images.gz' }]);
        await until(problemsAre('images.gz: It holds 100 images, but its name tells not'), 10_000);
        await choose(opened, [images, ...heldOut]);
        await until(IS_READY, 10_000);
        expect(await text('status')).toBe('100 digits to learn from, 20 held out.');
        expect(await page.locator('#problems').isHidden()).toBe(true);
        expect(await page.locator('#data').isHidden()).toBe(true);
        const missing = opened.complaints.filter((line) => !line.includes('404 (Not Found)'));
        expect(missing).toEqual([]);
      }),
    );
  },
);

testWith(['chromium'], 'data from elsewhere and back ends that do not exist', async () => {
  await withTrainingPage(at('page'), undefined, (origin) =>
    withBrowser(async (browser) => {
      const { text, requests } = await openWithout(
        browser,
        origin,
        '?data=http://127.0.0.1:9/mnist',
      );
      expect(await text('problems')).toBe(
        '?data=http://127.0.0.1:9/mnist is on another server, and this page reads from its own only. ' +
          'Put the files beside the page, or choose them from your disk.',
      );
      expect(requests.filter((address) => address.startsWith('http://127.0.0.1:9/'))).toEqual([]);
      const named = await openWithout(browser, origin, '?data=digits');
      expect(await named.text('problems')).toBe(
        '/digits/t10k-labels-idx1-ubyte.gz: The server does not have it (HTTP 404). ' +
          'Choose the files from your disk, or start the server with --data <folder>.',
      );
      const gpu = await openPage(browser, `${origin}/?backend=webgpu`);
      await gpu.until(problemsAre('WebGPU is not used: the browser found no GPU for it.'), 30_000);
    }),
  );
});

/** Trains one epoch of two steps on the small data: scores before it, and the loss. */
async function twoSteps(origin: string, browser: Browser, backend: string) {
  const opened = await openWithout(browser, origin, `?backend=${backend}`);
  const { page, text, until } = opened;
  await choose(opened, smallMnist());
  await until(IS_READY, 30_000);
  const scores = await page.evaluate<number[]>(
    `trainer.call('heldOutDigit', 3).then(({ pixels }) => trainer.call('classify', pixels))`,
  );
  await page.selectOption('#epochs', '1');
  await page.click('#start');
  await until(isState('done'), 120_000);
  const loss = Number(await text('loss'));
  return { opened, backend: await text('backend'), scores, loss };
}

testWith(
  ['chromium'],
  'WebGPU computes and trains as WebAssembly does',
  async () => {
    await withTrainingPage(at('page'), undefined, (origin) =>
      withBrowser(async (browser) => {
        const wasm = await twoSteps(origin, browser, 'wasm');
        const gpu = await twoSteps(origin, browser, 'webgpu');
        expect([wasm.backend, gpu.backend]).toEqual([
          'WebAssembly · SIMD',
          expect.stringMatching(/^WebGPU · \w/),
        ]);
        gpu.scores.forEach((score, i) => {
          expect(score).toBeCloseTo(wasm.scores[i] as number, 4);
        });
        expect(wasm.loss).toBeGreaterThan(0.1);
        expect(gpu.loss).toBeCloseTo(wasm.loss, 2);
        const [worker] = gpu.opened.page.workers();
        await worker?.evaluate('_tfengine.backend.device.destroy()');
        await gpu.opened.until(problemsAre('The browser has lost the GPU'), 10_000);
      }, SOFTWARE_WEBGPU),
    );
  },
  240_000,
);
