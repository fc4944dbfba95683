/**
 * The command line. `main` runs one command and returns its exit code:
 * 0 fine, 1 `verify` found a difference, 2 an error of the user's, 70 a defect of binarynet.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { BinarynetError, type Problem } from '../errors.ts';
import { benchCommand } from './commands/bench.ts';
import { compileCommand } from './commands/compile.ts';
import { evalCommand } from './commands/eval.ts';
import { inspectCommand } from './commands/inspect.ts';
import { targetsCommand } from './commands/targets.ts';
import { verifyCommand } from './commands/verify.ts';
import { type Io, printJson } from './io.ts';
import { renderProblems } from './render-error.ts';

const EXIT_OK = 0;
const EXIT_USER_ERROR = 2;
const EXIT_DEFECT = 70;

const EXAMPLES = `
Examples:
  binarynet inspect model.h5                      what it will cost, layer by layer
  binarynet compile model.keras -o net-c          C, header, weights, test program
  binarynet verify model.keras --layers           does the C compute what the model computes?
  binarynet compile model.json --target wasm      WebAssembly and an ES module

Models: Keras .h5 and .keras and TensorFlow.js model.json, with Larq layers too; ONNX; any gzipped.
"binarynet <command> --help" tells more about a command.
`;

/** Runs the command line `argv` (without node and script). */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const json = argv.includes('--json');
  let exitCode = EXIT_OK;
  const setExitCode = (code: number): void => {
    exitCode = code;
  };
  const program = rootCommand(io);
  const commands = [
    compileCommand,
    verifyCommand,
    evalCommand,
    inspectCommand,
    benchCommand,
    targetsCommand,
  ];
  for (const make of commands) program.addCommand(withSettings(make({ io, setExitCode }), io));
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportError(error, io, json);
  }
}

function rootCommand(io: Io): Command {
  const program = new Command('binarynet')
    .description('Turns trained neural networks into dependency-free C and WebAssembly.')
    .version(packageVersion(), '-V, --version')
    .addHelpText('after', EXAMPLES);
  return withSettings(program, io);
}

/** Output goes to `io`, and errors are thrown instead of ending the process. */
function withSettings(command: Command, io: Io): Command {
  return command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: () => undefined,
    getOutHelpWidth: () => io.stdout.columns ?? 100,
    getErrHelpWidth: () => io.stderr.columns ?? 100,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
}

function reportError(error: unknown, io: Io, json: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT_OK;
    renderProblems(io, [usageProblem(error)], json);
    return EXIT_USER_ERROR;
  }
  if (error instanceof BinarynetError) {
    renderProblems(io, error.problems, json);
    return EXIT_USER_ERROR;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (json) printJson(io, { defect: stack });
  io.stderr.write(
    `This is a defect of binarynet ${packageVersion()}, not a mistake of yours. ` +
      `Please report it with the lines below and, if you can, the model.\n${stack}\n`,
  );
  return EXIT_DEFECT;
}

function usageProblem(error: CommanderError): Problem {
  const [first = '', ...rest] = error.message.split('\n');
  const hint = rest.join(' ').replace(/[()]/g, '').trim();
  return {
    code: 'usage',
    found: first.replace(/^error: /, '').replace(/\.$/, ''),
    fix: hint || 'See "binarynet --help", or "binarynet <command> --help".',
  };
}

function packageVersion(): string {
  const url = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(url, 'utf8')) as { readonly version: string };
  return version;
}
