/**
 * Errors as data. Every failure that a user can cause is a `BinarynetError` holding one or more
 * `Problem`s; the command line renders them as text or JSON (`cli/render-error.ts`). Anything else
 * that is thrown is a defect of binarynet itself.
 */

/** What kind of mistake it is; stable, so that scripts can test for it. */
export type ProblemCode =
  | 'usage' // a command-line option or an API argument is wrong
  | 'not-found' // a file (or a weight shard) does not exist or can't be read
  | 'unwritable' // an output can't be written
  | 'unknown-format' // no importer recognises the file
  | 'corrupt' // the bytes contradict their own format
  | 'too-large' // a size in the file exceeds what is allowed
  | 'unsupported' // a layer, an option or a type that can't be exported
  | 'bad-input' // data handed in (.npy, labels) has the wrong dtype, shape or length
  | 'missing-tool' // a compiler, an emulator or a package is not installed
  | 'tool-failed'; // a compiler or a compiled program reported an error

/** One mistake: where it is, what was found there, and what the user can do about it. */
export interface Problem {
  readonly code: ProblemCode;
  /** What was found, as one sentence without the file's or the node's name. */
  readonly found: string;
  /** What to do about it, as one sentence. */
  readonly fix?: string;
  /** The file as the user named it. */
  readonly file?: string;
  /** The node of the model: its name and its op as the source spells them. */
  readonly node?: { readonly name: string; readonly op: string };
  /** Output of a tool, or other evidence, of any length. */
  readonly detail?: string;
}

/** Thrown for every failure that a user can cause. Holds at least one problem. */
export class BinarynetError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: Problem | readonly Problem[]) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(list.map(problemToLine).join('\n'));
    this.name = 'BinarynetError';
    this.problems = list;
  }
}

/** Throws a `BinarynetError` with one problem. */
export function fail(problem: Problem): never {
  throw new BinarynetError(problem);
}

/** Runs `action`; problems that it throws without a file name get `file` as theirs. */
export function withFile<T>(file: string, action: () => T): T {
  const addFile = (error: unknown): never => {
    if (!(error instanceof BinarynetError)) throw error;
    throw new BinarynetError(error.problems.map((problem) => ({ file, ...problem })));
  };
  try {
    const result = action();
    return result instanceof Promise ? (result.catch(addFile) as T) : result;
  } catch (error) {
    return addFile(error);
  }
}

function problemToLine(problem: Problem): string {
  const node = problem.node && `${problem.node.op} "${problem.node.name}"`;
  const where = [problem.file, node].filter((part) => part !== undefined).join(': ');
  return `${where}${where && ': '}${problem.found}${problem.fix ? ` ${problem.fix}` : ''}`;
}
