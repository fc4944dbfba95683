/**
 * The log of a training run in three files: `log.csv` and `log.json` for programs, `curves.html` for
 * people. They are written anew after each epoch.
 */
import { writeFiles } from '../../toolchain/files.ts';
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
  await writeFiles(folder, [
    { path: 'log.csv', data: `${[COLUMNS.join(','), ...epochs.map(row)].join('\n')}\n` },
    { path: 'log.json', data: `${JSON.stringify({ ...facts, epochs }, null, 2)}\n` },
    { path: 'curves.html', data: curvesPage(facts, epochs) },
  ]);
}
