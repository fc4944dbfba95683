/** Softmax and its logarithm. Before opset 13 all axes from `axis` on were one. */
import { elementCount } from '../../../ir/graph.ts';
import type { OperatorRule, OperatorRules } from '../context.ts';

function softmax(variant: 'softmax' | 'logSoftmax'): OperatorRule {
  return (node) => {
    const x = node.float(0);
    const rank = x.shape.length;
    if (node.opset >= 13) {
      return node.add('softmax', { axis: node.axis(node.int('axis', -1), rank), variant }, [x]);
    }
    // An axis behind the last one leaves rows of one element.
    const told = node.int('axis', 1);
    const axis = told === rank ? rank : node.axis(told, rank);
    if (axis === rank - 1) return node.add('softmax', { axis, variant }, [x]);
    const columns = elementCount(x.shape.slice(axis));
    const flat = node.reshape(x, [elementCount(x.shape.slice(0, axis)), columns]);
    return node.reshape(node.add('softmax', { axis: 1, variant }, [flat]), x.shape);
  };
}

export const SOFTMAX: OperatorRules = {
  Softmax: softmax('softmax'),
  LogSoftmax: softmax('logSoftmax'),
};
