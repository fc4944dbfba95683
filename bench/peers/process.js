/** A peer as the driver sees it: a process that answers each line with a line of JSON. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class PeerProcess {
  /** Starts one and waits until it is ready; rejects with what it wrote to stderr when it fails. */
  static async start([program, ...args], cwd) {
    const peer = new PeerProcess(program, args, cwd);
    peer.about = await peer.next();
    return peer;
  }

  constructor(program, args, cwd) {
    const threads = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
    const env = { ...process.env, ...threads };
    this.child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.errors = '';
    this.child.stderr.on('data', (data) => {
      this.errors = `${this.errors}${data}`.slice(-4000);
    });
    this.closed = new Promise((resolve) => {
      this.child.once('error', resolve);
      this.child.once('close', resolve);
    });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async ask(line) {
    this.child.stdin.write(`${line}\n`);
    return this.next();
  }

  async stop() {
    this.child.stdin.end();
    await this.closed;
  }

  async next() {
    const { value, done } = await this.lines.next();
    if (!done) return JSON.parse(value);
    await this.closed;
    throw new Error(this.errors.trim() || 'it ended without a word');
  }
}
