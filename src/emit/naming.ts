/** The public names of a program: its functions, macros, files and parameters. */
import { ARRAYS } from '../ir/elements.ts';
import { elementCount } from '../ir/graph.ts';
import { C_TYPES } from '../plan/pack.ts';
import type { ElementCType, Port, Program } from '../plan/program.ts';
import { Identifiers, programName } from './names.ts';

export interface PortNames {
  /** The parameter of `run`. */
  readonly parameter: string;
  /** The macro with its number of elements. */
  readonly sizeMacro: string;
  readonly size: number;
  readonly bytes: number;
  readonly ctype: ElementCType;
  readonly port: Port;
}

export interface ProgramNames {
  /** Prefix of functions and files: "net". */
  readonly name: string;
  /** Prefix of macros: "NET". */
  readonly macro: string;
  readonly inputs: readonly PortNames[];
  readonly outputs: readonly PortNames[];
}

/** Names that `run` and its callers use for other things. */
export const USED_BY_RUN = [
  ...['weights', 'arena', 'at', 'constant', 'size', 'data', 'crc', 'header'],
  ...['pool', 'thread', 'of', 'arguments', 'job', 'run_part', 'run_layers', 'run_arguments'],
  'runs',
];

/**
 * A single input is called `input` and a single output `output`; more than one have the names of
 * the model.
 */
export function nameProgram(program: Program): ProgramNames {
  const name = programName(program.name);
  const macro = name.toUpperCase();
  const identifiers = new Identifiers(USED_BY_RUN);
  const namePorts = (ports: readonly Port[], kind: 'input' | 'output'): PortNames[] =>
    ports.map((port) => {
      const single = ports.length === 1;
      const parameter = identifiers.unique(single ? kind : port.name, kind);
      const size = elementCount(port.shape);
      const suffix = single ? '' : `_${parameter.toUpperCase()}`;
      return {
        parameter,
        sizeMacro: `${macro}_${kind.toUpperCase()}${suffix}_SIZE`,
        size,
        bytes: size * ARRAYS[port.dtype].BYTES_PER_ELEMENT,
        ctype: C_TYPES[port.dtype],
        port,
      };
    });
  return {
    name,
    macro,
    inputs: namePorts(program.inputs, 'input'),
    outputs: namePorts(program.outputs, 'output'),
  };
}
