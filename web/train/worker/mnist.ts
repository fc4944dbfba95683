/**
 * MNIST's four files, from a server's folder or from the user's disk, gzipped or not. What each holds
 * is told from its content and, whether it is for training, from its name.
 */
import { type Dataset, idxDataset } from '../../../src/bnn/index.ts';
import { BinarynetError, fail, type Problem, withFile } from '../../../src/errors.ts';
import { gunzip, isGzip } from '../../../src/formats/gzip.ts';
import { isIdx, parseIdx } from '../../../src/formats/idx.ts';
import { type DataState, ROLES, type Role, SIDE } from '../messages.ts';

export interface Mnist {
  readonly training: Dataset;
  readonly heldOut: Dataset;
}

const CHOOSE = `Choose MNIST's four files: ${ROLES.map(({ file }) => file).join(', ')}.`;

export class MnistFiles {
  /** Unpacked, by their names in `ROLES`. */
  readonly #found = new Map<string, Uint8Array>();
  #mnist: Mnist | undefined;

  /** All of it; fails when files are missing. */
  get mnist(): Mnist {
    return this.#mnist ?? fail({ code: 'not-found', found: 'There is no data yet.', fix: CHOOSE });
  }

  get state(): DataState {
    const missing = this.#missing().map(({ file }) => file);
    return {
      missing: this.#mnist ? [] : missing,
      training: this.#mnist?.training.labels.length ?? 0,
      heldOut: this.#mnist?.heldOut.labels.length ?? 0,
    };
  }

  /** Takes a file in; the data sets are made when it was the last one. */
  add(name: string, bytes: Uint8Array): void {
    withFile(name, () => {
      const unpacked = isGzip(bytes) ? gunzip(bytes) : bytes;
      this.#found.set(roleOf(name, unpacked).file, unpacked);
    });
    if (this.#missing().length === 0) this.#build();
  }

  #missing(): Role[] {
    return ROLES.filter(({ file }) => !this.#found.has(file));
  }

  #build(): void {
    const datasetOf = (part: Role['part']) => {
      const [images = '', labels = ''] = ROLES.filter((role) => role.part === part).map(
        ({ file }) => file,
      );
      const bytes = (file: string) => this.#found.get(file) as Uint8Array;
      return withFile(`${images} and ${labels}`, () => idxDataset(bytes(images), bytes(labels)));
    };
    const parts = { training: datasetOf('training'), heldOut: datasetOf('heldOut') };
    for (const { shape } of Object.values(parts)) {
      const [height, width] = shape;
      if (height === SIDE && width === SIDE) continue;
      fail({
        code: 'bad-input',
        found: `The images have ${height}×${width} pixels, but the network reads ${SIDE}×${SIDE}.`,
        fix: CHOOSE,
      });
    }
    this.#mnist = parts;
    this.#found.clear();
  }
}

/** Which of the four a file is. Throws `corrupt` when it is not whole. */
function roleOf(name: string, bytes: Uint8Array): Role {
  if (!isIdx(bytes)) {
    const isPage = /^\s*</.test(new TextDecoder().decode(bytes.subarray(0, 64)));
    const found = isPage ? 'It is a web page' : `Its first bytes are ${hex(bytes.subarray(0, 4))}`;
    fail({ code: 'unknown-format', found: `${found}, not one of MNIST's files.`, fix: CHOOSE });
  }
  const { shape } = parseIdx(bytes);
  const kind = shape.length === 3 ? 'images' : shape.length === 1 ? 'labels' : undefined;
  const part = /train/i.test(name)
    ? 'training'
    : /t10k|test|valid/i.test(name)
      ? 'heldOut'
      : undefined;
  const role = ROLES.find((candidate) => candidate.kind === kind && candidate.part === part);
  if (role) return role;
  return fail({
    code: 'bad-input',
    found:
      kind === undefined
        ? `It holds ${shape.join('×')} numbers, neither images nor labels.`
        : `It holds ${shape[0]} ${kind}, but its name tells not whether to train on them.`,
    fix: kind === undefined ? CHOOSE : 'Give it the name that it has in MNIST: train-… or t10k-….',
  });
}

function hex(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'missing, it is empty';
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** Reads files of the user's; every one is tried, and all that is wrong is said at once. */
export async function readMnist(files: MnistFiles, chosen: readonly File[]): Promise<void> {
  const problems: Problem[] = [];
  for (const file of chosen) {
    try {
      files.add(file.name, new Uint8Array(await file.arrayBuffer()));
    } catch (error) {
      if (!(error instanceof BinarynetError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new BinarynetError(problems);
}
