/**
 * Whose turn it is with the network. Training gives its turn up after each step, so that a drawing is
 * classified and C is written from weights of one moment.
 */
export class Lock {
  #last: Promise<void> = Promise.resolve();

  /** Waits for its turn, first come first served; call what it returns to give the turn up. */
  async acquire(): Promise<() => void> {
    const before = this.#last;
    let release = () => {};
    this.#last = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    return release;
  }

  async run<T>(action: () => Promise<T>): Promise<T> {
    const release = await this.acquire();
    try {
      return await action();
    } finally {
      release();
    }
  }
}

/** Lets the worker receive messages; a promise that is kept already would not. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
