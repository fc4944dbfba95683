/** The page: brings the worker that trains and the panels together. */
import { BinarynetError } from '../../../src/errors.ts';
import type { DataState, Happening } from '../messages.ts';
import { Curves } from './charts.ts';
import { DataPanel } from './data-panel.ts';
import { element } from './dom.ts';
import { Drawing } from './drawing.ts';
import { setUpExport } from './export-panel.ts';
import { FilterGrid } from './filters.ts';
import { whole } from './format.ts';
import { clearProblems, showError, showProblems } from './problems.ts';
import { TrainingPanel } from './training-panel.ts';
import { WorkerClient } from './worker-client.ts';

type HappeningOf<K extends Happening['kind']> = Extract<Happening, { readonly kind: K }>;

const HANDLERS: { readonly [K in Happening['kind']]: (happening: HappeningOf<K>) => void } = {
  reading: ({ file }) => training.setStatus(`Reading ${file} …`),
  data: (happening) => gotData(happening.data),
  state: ({ state }) => {
    if (state === 'idle') forget();
    training.setState(state);
  },
  progress: ({ progress }) => {
    training.showProgress(progress);
    training.showLoss(curves.addLosses(progress.losses));
  },
  accuracy: ({ point }) => {
    curves.addAccuracy(point);
    training.showAccuracy(point.value);
  },
  filters: (happening) => {
    filters.draw(happening.filters);
    // The network has learned since the drawing was read.
    void drawing.read();
  },
  failed: ({ problems }) => showProblems(problems),
};

const query = new URLSearchParams(location.search);
const worker = new WorkerClient(happened);
const curves = new Curves(
  element('loss-chart', HTMLElement),
  element('accuracy-chart', HTMLElement),
);
const filters = new FilterGrid(element('filter-grid', HTMLElement), element('flips', HTMLElement));
const training = new TrainingPanel({
  start: (epochs) => act(() => worker.call('start', epochs)),
  pause: () => act(() => worker.call('pause')),
  reset: () => act(() => worker.call('reset')),
  again: (epochs) =>
    act(async () => {
      await worker.call('reset');
      await worker.call('start', epochs);
    }),
});
let data: DataState = { missing: [], training: 0, heldOut: 0 };
const dataPanel = new DataPanel((files) =>
  act(async () => {
    training.setStatus('Reading files …');
    try {
      await worker.call('readFiles', files);
    } finally {
      if (data.training === 0) training.setStatus('Waiting for MNIST’s files.');
    }
  }),
);
const drawing = new Drawing({
  classify: (pixels) => worker.call('classify', pixels),
  heldOutDigit: () => worker.call('heldOutDigit', Math.floor(Math.random() * data.heldOut)),
});
setUpExport((options) => worker.call('exportC', options));

function happened(happening: Happening): void {
  const handler = HANDLERS[happening.kind] as (happening: Happening) => void;
  handler(happening);
}

/** What the user asks for; problems of before are history then. */
function act(action: () => Promise<unknown>): void {
  clearProblems();
  action().catch(showError);
}

/** The network is a new one. */
function forget(): void {
  curves.clear();
  filters.restart();
  training.clear();
  training.setStatus('Ready.');
}

function gotData(state: DataState): void {
  data = state;
  dataPanel.show(state);
  if (state.missing.length > 0) return;
  element('held-out', HTMLButtonElement).disabled = false;
  training.setReady();
  const [learned, heldOut] = [whole(state.training), whole(state.heldOut)];
  training.setStatus(`${learned} digits to learn from, ${heldOut} held out.`);
}

async function open(): Promise<void> {
  training.showBackend(await worker.call('open', query.get('backend')));
  element('download', HTMLButtonElement).disabled = false;
  const folder = query.get('data');
  try {
    await worker.call('fetchData', folder ?? 'data');
  } catch (error) {
    training.setStatus('Waiting for MNIST’s files.');
    dataPanel.ask();
    // A server without data is no mistake; the page asks for the files.
    if (folder === null && isNotFound(error)) return;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  return (
    error instanceof BinarynetError && error.problems.every(({ code }) => code === 'not-found')
  );
}

act(open);

/** For the browser's console and for tests: the same calls that the page makes. */
Object.assign(window, { trainer: worker });
