/** The worker as the page sees it: calls that give promises, and what happens meanwhile. */
import { BinarynetError } from '../../../src/errors.ts';
import type { Answer, Call, Calls, Happening } from '../messages.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerClient {
  readonly #worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  constructor(onHappening: (happening: Happening) => void) {
    this.#worker.onmessage = ({ data }: MessageEvent<Answer | Happening>) => {
      if (data.kind === 'answer' || data.kind === 'refusal') this.#settle(data);
      else onHappening(data);
    };
    this.#worker.onerror = ({ message }) => {
      const found = `The worker that trains has stopped${message ? `: ${message}` : ''}.`;
      onHappening({
        kind: 'failed',
        problems: [{ code: 'tool-failed', found, fix: 'Reload the page.' }],
      });
    };
  }

  /** Rejects with a `BinarynetError` when the worker refuses. */
  call<K extends keyof Calls>(name: K, ...args: Parameters<Calls[K]>) {
    const id = this.#nextId++;
    const call: Call<K> = { id, name, args };
    this.#worker.postMessage(call);
    return new Promise<ReturnType<Calls[K]>>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject });
    });
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (answer.kind === 'answer') pending?.resolve(answer.value);
    else pending?.reject(new BinarynetError(answer.problems));
  }
}
