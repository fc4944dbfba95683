/**
 * The log of a training run in three files: `log.csv` and `log.json` for programs, `curves.html` for
 * people. They are written anew after each epoch.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EpochLog } from '../trainer.ts';
import { curvesPage } from './curves-page.ts';

/** What stands in the log beside the epochs: the network, options, back end and so on. */
export type RunFacts = Readonly<Record<string, string | number | boolean>>;

const COLUMNS = [
  'epoch',
  'learningRate',
  'loss',
  'accuracy',
  'seconds',
  'imagesPerSecond',
] as const satisfies readonly (keyof EpochLog)[];

/** Writes the three files into a folder, which is made if it isn't there. */
export async function writeTrainingLog(
  folder: string,
  facts: RunFacts,
  epochs: readonly EpochLog[],
): Promise<void> {
  const row = (epoch: EpochLog) => COLUMNS.map((column) => epoch[column] ?? '').join(',');
  const files = {
    'log.csv': `${[COLUMNS.join(','), ...epochs.map(row)].join('\n')}\n`,
    'log.json': `${JSON.stringify({ ...facts, epochs }, null, 2)}\n`,
    'curves.html': curvesPage(facts, epochs),
  };
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, `${name}.part`), text);
    await rename(join(folder, `${name}.part`), join(folder, name));
  }
}
