/** Problems as text for people: where, what was found, what to do. */
import { BinarynetError, type Problem } from '../../../src/errors.ts';
import { element, make } from './dom.ts';

const box = () => element('problems', HTMLElement);

export function showProblems(problems: readonly Problem[]): void {
  const items = problems.map(({ file, found, fix, detail }) => {
    const item = make('p');
    if (file !== undefined) item.append(make('b', '', file), ': ');
    item.append(found);
    if (fix !== undefined) item.append(' ', make('span', 'fix', fix));
    if (detail !== undefined) item.append(make('pre', '', detail));
    return item;
  });
  box().replaceChildren(...items);
  box().hidden = false;
}

export function clearProblems(): void {
  box().hidden = true;
  box().replaceChildren();
}

/** For what a promise is rejected with. */
export function showError(error: unknown): void {
  if (!(error instanceof BinarynetError)) console.error(error);
  showProblems(
    error instanceof BinarynetError
      ? error.problems
      : [{ code: 'tool-failed', found: String(error) }],
  );
}
