/** The options that commands share, and how their values are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { TARGETS } from '../plan/targets.ts';

export interface JsonOption {
  readonly json?: boolean;
}

/** Options of every command that compiles a model. */
export interface ModelOptions extends JsonOption {
  readonly target?: string;
  readonly cc?: string;
  readonly name?: string;
  readonly binary: boolean;
  readonly shape?: Readonly<Record<string, readonly number[]>>;
}

/** Adds the options of `ModelOptions`. */
export function addModelOptions(command: Command): Command {
  return command
    .option(
      '-t, --target <name>',
      `what to compile for: ${TARGETS.map((target) => target.name).join(', ')} ` +
        '(default: host where a C compiler is found, else wasm)',
    )
    .option('--cc <compiler>', 'the C compiler for native targets, by name or path')
    .option('--name <id>', "prefix of all C names (default: from the model's file name)")
    .option('--no-binary', 'keep ±1 weights and activations in float, for comparison')
    .addOption(
      new Option(
        '--shape <input=sizes...>',
        'size of an input that the model leaves open, as image=1,224,224,3',
      ).argParser(collectShape),
    );
}

/** Adds --json. */
export function addJsonOption(command: Command): Command {
  return command.option('--json', 'print one JSON object on stdout and nothing else');
}

function collectShape(
  text: string,
  previous: Readonly<Record<string, readonly number[]>> | undefined,
): Readonly<Record<string, readonly number[]>> {
  const at = text.lastIndexOf('=');
  const sizes = text
    .slice(at + 1)
    .split(/[,x]/)
    .map(Number);
  const valid = at > 0 && sizes.every((size) => Number.isSafeInteger(size) && size > 0);
  if (!valid) throw new InvalidArgumentError('It has the form input=1,224,224,3.');
  return Object.fromEntries([...Object.entries(previous ?? {}), [text.slice(0, at), sizes]]);
}

/** A whole number from 1 on. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('It is a whole number from 1 on.');
  }
  return value;
}

/** Two numbers with a comma between them. */
export function numberPair(text: string): readonly [number, number] {
  const [first, second, ...more] = text.split(',').map((part) => parseNumber(part));
  if (first === undefined || second === undefined || more.length > 0) {
    throw new InvalidArgumentError('It is two numbers with a comma between them.');
  }
  return [first, second];
}

/** A number or a fraction of two: "0.5", "1/255". */
function parseNumber(text: string): number {
  const [numerator, denominator, ...more] = text.split('/');
  const value = Number(numerator) / (denominator === undefined ? 1 : Number(denominator));
  const empty = [numerator, denominator ?? '1'].some((part) => part?.trim() === '');
  if (!Number.isFinite(value) || empty || more.length > 0) {
    throw new InvalidArgumentError(`"${text}" is not a number.`);
  }
  return value;
}

/** Collects the values of an option that may be given several times. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
