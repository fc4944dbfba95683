/** The network as a .zip of C, for a target of the user's choice. */
import { TARGETS } from '../../../src/plan/targets.ts';
import type { Exported, ExportOptions } from '../messages.ts';
import { element, make, onClick, setText } from './dom.ts';
import { kib } from './format.ts';
import { showError } from './problems.ts';

/** Those whose C needs nothing that only a compiler knows or makes. */
const CHOICES = TARGETS.filter(
  ({ toolchain, detectsKernels }) => toolchain.kind === 'native' && !detectsKernels,
);
const USUAL = 'portable';

export function setUpExport(exportC: (options: ExportOptions) => Promise<Exported>): void {
  const target = element('target', HTMLSelectElement);
  const weights = element('weights', HTMLSelectElement);
  target.replaceChildren(
    ...CHOICES.map(({ name }) => {
      const option = make('option', '', name);
      option.selected = name === USUAL;
      return option;
    }),
  );
  const summarise = () => {
    const summary = CHOICES.find(({ name }) => name === target.value)?.summary ?? '';
    setText('target-summary', `${target.value}: ${summary}`);
  };
  target.addEventListener('change', summarise);
  summarise();

  const button = onClick('download', async () => {
    button.disabled = true;
    setText('exported', 'Writing C …');
    try {
      const exported = await exportC({
        target: target.value,
        weights: weights.value === 'embed' ? 'embed' : 'file',
      });
      save(exported);
      setText('exported', summaryOf(exported));
    } catch (error) {
      setText('exported', 'Nothing was written.');
      showError(error);
    } finally {
      button.disabled = false;
    }
  });
}

function summaryOf({ zipName, files, weightsBytes, arenaBytes }: Exported): string {
  return (
    `${zipName}: ${files.join(', ')}. Weights ${kib(weightsBytes)}, ` +
    `memory while running ${kib(arenaBytes)}. “make test” in its folder builds and checks it.`
  );
}

function save({ zip, zipName }: Exported): void {
  const address = URL.createObjectURL(new Blob([zip], { type: 'application/zip' }));
  const link = make('a');
  link.href = address;
  link.download = zipName;
  link.click();
  // Not at once: the browser may still be about to read it.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
