/** The recorded inputs and outputs of a test program as arrays in C, one per input or output. */
import type { TensorData } from '../ir/graph.ts';
import type { PortNames } from './naming.ts';
import { floatLiteral } from './numbers.ts';
import type { RecordedCase } from './output.ts';

/** An input or output with what was recorded of it. */
export interface RecordedPort extends PortNames {
  /** Case by case. */
  readonly rows: readonly TensorData[];
  readonly isFloat: boolean;
  /** Float inputs that are stored as bytes, in 64ths. */
  readonly compact: boolean;
}

export function recordedInputs(
  ports: readonly PortNames[],
  cases: readonly RecordedCase[],
): RecordedPort[] {
  return ports.map((names, index) => {
    const rows = cases.map(({ inputs }) => inputs[index] as TensorData);
    const isFloat = names.ctype === 'float';
    const compact = isFloat && rows.every((row) => row.every(isSixtyFourth));
    return { ...names, rows, isFloat, compact };
  });
}

export function recordedOutputs(
  ports: readonly PortNames[],
  cases: readonly RecordedCase[],
): RecordedPort[] {
  return ports.map((names, index) => {
    const rows = cases.map(({ outputs }) => outputs[index] as TensorData);
    return { ...names, rows, isFloat: names.ctype === 'float', compact: false };
  });
}

/** `static const float expected_output[CASES][NET_OUTPUT_SIZE] = {…};` */
export function arrayText(prefix: 'recorded' | 'expected', port: RecordedPort): string {
  const { parameter, sizeMacro, ctype, rows, isFloat, compact } = port;
  const type = compact ? 'signed char' : ctype;
  const literal = compact ? sixtyFourths : isFloat ? floatConstant : String;
  const declaration = `static const ${type} ${prefix}_${parameter}[CASES][${sizeMacro}]`;
  return `${compact ? '/* In 64ths. */\n' : ''}${declaration} = {
${rows.map((row) => rowText(row, literal)).join('\n')}
};
`;
}

function isSixtyFourth(value: number): boolean {
  return Number.isInteger(value * 64) && Math.abs(value * 64) <= 127 && !Object.is(value, -0);
}

function sixtyFourths(value: number): string {
  return String(value * 64);
}

/** As a constant expression without <math.h>. */
function floatConstant(value: number): string {
  const literal = floatLiteral(value);
  return literal.replace('NAN', '(0.0f / 0.0f)').replace('INFINITY', '(1.0f / 0.0f)');
}

const LINE_WIDTH = 96;

/** The initialiser of a case, wrapped. */
function rowText(values: TensorData, literal: (value: number) => string): string {
  const lines: string[] = [];
  let line = '     ';
  for (const value of values) {
    const text = ` ${literal(value)},`;
    if (line.length + text.length > LINE_WIDTH) {
      lines.push(line);
      line = '     ';
    }
    line += text;
  }
  return `    {\n${[...lines, line].join('\n')}\n    },`;
}
