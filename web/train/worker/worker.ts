/** The worker: answers the page's calls and tells it what happens. */
import { BinarynetError, type Problem } from '../../../src/errors.ts';
import type { Answer, Call, Calls, Happening } from '../messages.ts';
import { startBackend } from './backend.ts';
import { fetchMnist } from './fetch-mnist.ts';
import { MnistFiles, readMnist } from './mnist.ts';
import { scoresOf } from './model.ts';
import { Session } from './session.ts';

/** What a worker has that a page types differently. */
interface Port {
  postMessage(message: Answer | Happening, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Call>) => void) | null;
}
type Handlers = {
  readonly [K in keyof Calls]: (
    ...args: Parameters<Calls[K]>
  ) => ReturnType<Calls[K]> | Promise<ReturnType<Calls[K]>>;
};

const port = globalThis as unknown as Port;
const files = new MnistFiles();
let session: Session | undefined;

function tell(happening: Happening): void {
  port.postMessage(happening);
}

function opened(): Session {
  if (!session) throw new Error('No back end runs yet.');
  return session;
}

/** Files that were read before one that is wrong are there. */
function thenTellData(reading: Promise<void>): Promise<void> {
  return reading.finally(() => tell({ kind: 'data', data: files.state }));
}

const handlers: Handlers = {
  open: async (wanted) => {
    const backend = await startBackend(wanted, (problem) =>
      tell({ kind: 'failed', problems: [problem] }),
    );
    session = new Session(tell);
    await session.showFilters();
    return backend;
  },
  fetchData: (folder) =>
    thenTellData(fetchMnist(files, folder, (file) => tell({ kind: 'reading', file }))),
  readFiles: (chosen) => thenTellData(readMnist(files, chosen)),
  start: (epochs) => {
    opened().start(files.mnist, epochs, (error) => tell({ kind: 'failed', ...problemsOf(error) }));
  },
  pause: () => opened().pause(),
  reset: () => opened().reset(),
  classify: (pixels) => opened().use((model) => scoresOf(model, pixels)),
  heldOutDigit: (place) => {
    const { images, labels } = files.mnist.heldOut;
    const size = images.length / labels.length;
    return {
      pixels: images.slice(place * size, (place + 1) * size),
      label: labels[place] as number,
    };
  },
  // Loaded when it is first needed: the compiler is a third of the code.
  exportC: async (options) => {
    const { exportC } = await import('./export.ts');
    return opened().use((model) => exportC(model, options));
  },
};

port.onmessage = async ({ data: { id, name, args } }) => {
  try {
    const handler = handlers[name] as (...args: unknown[]) => unknown;
    port.postMessage({ kind: 'answer', id, value: await handler(...args) });
  } catch (error) {
    port.postMessage({ kind: 'refusal', id, ...problemsOf(error) });
  }
};

/** Errors as data; of one that is a defect of the page, what it says. */
function problemsOf(error: unknown): { problems: readonly Problem[] } {
  if (error instanceof BinarynetError) return { problems: error.problems };
  console.error(error);
  const found = error instanceof Error ? error.message : String(error);
  return { problems: [{ code: 'tool-failed', found }] };
}
