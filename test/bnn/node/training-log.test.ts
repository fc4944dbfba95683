/** Logs and what a run prints. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import type { EpochLog } from '../../../src/bnn/index.ts';
import { trainingProgress, writeTrainingLog } from '../../../src/bnn/node/index.ts';
import { watchedPage, withBrowser } from '../../support/browser.ts';
import { testWith } from '../../support/tools.ts';

const EPOCHS: EpochLog[] = [
  { epoch: 1, learningRate: 0.01, loss: 1.25, accuracy: 0.5, seconds: 2, imagesPerSecond: 300.5 },
  { epoch: 2, learningRate: 0.001, loss: 0.75, accuracy: 0.625, seconds: 3, imagesPerSecond: 200 },
];
const FACTS = { network: '</script><b>x', width: 0.5 };

async function inFolder(use: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'binarynet-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a log for programs', () =>
  inFolder(async (folder) => {
    const run = join(folder, 'run');
    await writeTrainingLog(run, FACTS, EPOCHS);
    expect(readdirSync(run).sort()).toEqual(['curves.html', 'log.csv', 'log.json']);
    expect(readFileSync(join(run, 'log.csv'), 'utf8')).toBe(
      'epoch,learningRate,loss,accuracy,seconds,imagesPerSecond\n' +
        '1,0.01,1.25,0.5,2,300.5\n2,0.001,0.75,0.625,3,200\n',
    );
    const log = JSON.parse(readFileSync(join(run, 'log.json'), 'utf8'));
    expect(log).toEqual({ ...FACTS, epochs: EPOCHS });
  }));

testWith(['chromium'], 'curves in a browser', () =>
  inFolder(async (folder) => {
    const { accuracy: _, ...bare } = EPOCHS[0] as EpochLog;
    await withBrowser(async (browser) => {
      for (const [epochs, charts] of [
        [EPOCHS, 3],
        [[bare], 2],
      ] as const) {
        await writeTrainingLog(folder, FACTS, epochs);
        const { page, requests, complaints } = await watchedPage(browser);
        await page.setContent(readFileSync(join(folder, 'curves.html'), 'utf8'));
        expect(await page.locator('canvas').count()).toBe(charts);
        expect(await page.locator('dd').first().textContent()).toBe(FACTS.network);
        expect([...complaints, ...requests]).toEqual([]);
      }
    });
  }),
);

/** A stream that keeps what it gets. */
function sink(isTTY: boolean): Writable & { isTTY: boolean; text: string } {
  const stream = Object.assign(
    new Writable({
      write: (chunk, _, done) => {
        stream.text += chunk;
        done();
      },
    }),
    { isTTY, text: '' },
  );
  return stream;
}

test('a line for each epoch', () => {
  const stream = sink(false);
  const progress = trainingProgress(2, stream);
  const step = { epoch: 1, step: 5, steps: 10, loss: 1, imagesPerSecond: 3, secondsLeft: 100 };
  progress.onStep(step);
  for (const epoch of EPOCHS) progress.onEpoch(epoch);
  expect(stream.text).toBe(
    'epoch 1 of 2: loss 1.2500, accuracy 50.00 %, 2 s, 301 images/s\n' +
      'epoch 2 of 2: loss 0.7500, accuracy 62.50 %, 3 s, 200 images/s\n',
  );
});
