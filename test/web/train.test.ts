/**
 * The training page in a browser, on MNIST: it learns, draws what it learns, reads a drawing, and gives
 * C that answers as the page does.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { beforeAll, expect } from 'vitest';
import { parseIdx } from '../../src/formats/idx.ts';
import { withBrowser } from '../support/browser.ts';
import { useTemporaryFolder } from '../support/cli.ts';
import { findTool, TEST_DATA, testWith } from '../support/tools.ts';
import { compiledHere, scoresInC } from './exported-c.ts';
import {
  buildTrainingPage,
  draw,
  IS_READY,
  isState,
  type Opened,
  openPage,
  withTrainingPage,
} from './training-page.ts';

const DATA = join(TEST_DATA, 'mnist');
const DIGITS = 400;
const PIXELS = 28 * 28;
const ENOUGH = 90;

const at = useTemporaryFolder();

beforeAll(async () => {
  if (findTool('chromium')) await buildTrainingPage(at('page'));
});

function heldOut(kind: 'images-idx3' | 'labels-idx1'): Uint8Array {
  const bytes = gunzipSync(readFileSync(join(DATA, `t10k-${kind}-ubyte.gz`)));
  return parseIdx(bytes).data as Uint8Array;
}

/** What is drawn now: both curves and the filters. */
function drawn({ page }: Opened): Promise<{ loss: string; accuracy: string; filters: string }> {
  return page.evaluate(`(() => {
    const picture = (id) => document.querySelector('#' + id + ' canvas').toDataURL();
    const cells = [...document.querySelectorAll('#filter-grid rect')];
    return {
      loss: picture('loss-chart'),
      accuracy: picture('accuracy-chart'),
      filters: cells.map((cell) => (cell.classList.contains('minus') ? '-' : '+')).join(''),
    };
  })()`);
}

/** Starts and waits for the accuracy, while it looks for filters that flip. */
async function learn(opened: Opened): Promise<void> {
  const { page, text, until } = opened;
  const before = await drawn(opened);
  expect(before.filters).toMatch(/^[+-]{400}$/);
  expect(before.filters).toMatch(/\+-|-\+/);
  await page.click('#start');
  await until('document.querySelector("#filter-grid rect.flipped") !== null', 60_000);
  expect(await text('flips')).toMatch(/^[1-9]\d* of 400 flipped since the last drawing; /);
  await until(`parseFloat(document.querySelector("#accuracy").textContent) > ${ENOUGH}`, 100_000);
  await page.click('#start');
  await until(isState('paused'), 20_000);
  const after = await drawn(opened);
  for (const key of ['loss', 'accuracy', 'filters'] as const)
    expect(after[key], key).not.toBe(before[key]);
  expect(await text('epoch')).toBe('1 of 3');
  expect(await text('speed')).toMatch(/^[1-9]/);
  expect(Number(await text('loss'))).toBeLessThan(0.3);
  expect(await text('left')).toMatch(/ s$| min$/);
}

/** The page's scores of held-out digits. */
function scoresInPage({ page }: Opened): Promise<number[][]> {
  return page.evaluate(`(async () => {
    const scores = [];
    for (let i = 0; i < ${DIGITS}; i++) {
      const { pixels } = await trainer.call('heldOutDigit', i);
      scores.push(await trainer.call('classify', pixels));
    }
    return scores;
  })()`);
}

async function download({ page, text }: Opened): Promise<Record<string, Uint8Array>> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  expect(file.suggestedFilename()).toBe('digits-c.zip');
  expect(await text('exported')).toContain('digits-c.zip: digits.c, digits.h, ');
  return unzipSync(readFileSync(await file.path()));
}

async function exportsWhatCompileWrites(opened: Opened): Promise<Record<string, Uint8Array>> {
  await opened.page.selectOption('#target', 'x86-64');
  await opened.page.selectOption('#weights', 'embed');
  const embedded = await download(opened);
  expect(embedded).toEqual(await compiledHere(embedded, 'x86-64', 'embed'));
  await opened.page.selectOption('#target', 'portable');
  await opened.page.selectOption('#weights', 'file');
  const zip = await download(opened);
  expect(zip).toEqual(await compiledHere(zip, 'portable', 'file'));
  return zip;
}

const argmax = (values: readonly number[]) => values.indexOf(Math.max(...values));

const SEVEN = [
  [
    [0.25, 0.2],
    [0.75, 0.2],
    [0.45, 0.85],
  ],
] as const;
const ONE = [
  [
    [0.55, 0.15],
    [0.5, 0.85],
  ],
] as const;

async function readsDrawings({ page, until }: Opened): Promise<void> {
  for (const [strokes, digit] of [
    [SEVEN, 7],
    [ONE, 1],
  ] as const) {
    await page.click('#clear');
    await draw(page, strokes);
    await until(`document.querySelector("#answer b").textContent === "${digit}"`, 10_000);
    expect(await page.locator('#scores .best b').innerText()).toBe(String(digit));
  }
}

async function canBeReset({ page, text, until }: Opened): Promise<void> {
  await page.click('#reset');
  await until(isState('idle'), 20_000);
  expect([await text('accuracy'), await text('loss'), await text('start')]).toEqual([
    '–',
    '–',
    'Start',
  ]);
  await until(
    'document.querySelector("#flips").textContent.startsWith("0 of 400 flipped")',
    10_000,
  );
}

testWith(
  ['chromium', 'gcc', 'test data'],
  'learns to read nine of ten held-out digits, and gives C that answers as the page does',
  async () => {
    await withTrainingPage(at('page'), DATA, (origin) =>
      withBrowser(async (browser) => {
        const opened = await openPage(browser, `${origin}/?backend=wasm`);
        await opened.until(IS_READY, 60_000);
        expect(await opened.text('backend')).toBe('WebAssembly · SIMD');
        await learn(opened);
        await readsDrawings(opened);
        const inPage = await scoresInPage(opened);
        const images = heldOut('images-idx3').subarray(0, DIGITS * PIXELS);
        const inC = scoresInC(await exportsWhatCompileWrites(opened), images);
        expect(inC.map(argmax)).toEqual(inPage.map(argmax));
        const labels = heldOut('labels-idx1');
        const right = inC.filter((scores, i) => argmax(scores) === labels[i]).length;
        expect(right / DIGITS).toBeGreaterThan(0.85);
        await canBeReset(opened);
        const strangers = opened.requests.filter(
          (address) => !new RegExp(`^(${origin}/|data:|blob:${origin}/)`).test(address),
        );
        expect([strangers, opened.complaints]).toEqual([[], []]);
      }),
    );
  },
  240_000,
);
