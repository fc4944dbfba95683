/** What a run prints: a line for each epoch, and on a terminal a bar that moves in between. */
import { Presets, SingleBar } from 'cli-progress';
import type { EpochLog, StepProgress } from '../trainer.ts';

export interface TrainingProgress {
  readonly onStep: (progress: StepProgress) => void;
  readonly onEpoch: (log: EpochLog) => void;
}

type Sink = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Prints to a stream, standard error unless told otherwise. */
export function trainingProgress(epochs: number, stream: Sink = process.stderr): TrainingProgress {
  let bar: SingleBar | undefined;
  return {
    onStep: ({ epoch, step, steps, loss, imagesPerSecond, secondsLeft }) => {
      if (!stream.isTTY) return;
      const facts = {
        epochs: `epoch ${epoch} of ${epochs}`,
        loss: loss.toFixed(4),
        speed: imagesPerSecond.toFixed(0),
        left: durationText(secondsLeft),
      };
      const format = '{epochs} {bar} {value}/{total}  loss {loss}, {speed} images/s, {left} left';
      if (!bar) {
        bar = new SingleBar({ stream, format, clearOnComplete: true, barsize: 20 }, Presets.rect);
        bar.start(steps, step, facts);
      }
      bar.update(step, facts);
    },
    onEpoch: ({ epoch, loss, accuracy, seconds, imagesPerSecond }) => {
      bar?.stop();
      bar = undefined;
      const right = accuracy === undefined ? '' : `, accuracy ${(100 * accuracy).toFixed(2)} %`;
      const speed = `${seconds.toFixed(0)} s, ${imagesPerSecond.toFixed(0)} images/s`;
      stream.write(`epoch ${epoch} of ${epochs}: loss ${loss.toFixed(4)}${right}, ${speed}\n`);
    },
  };
}

/** Such as "45 s", "12 min" or "3.5 h". */
function durationText(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  if (seconds < 90 * 60) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
