/** Where the digits come from: the server's folder, or files that are chosen or dropped. */
import { type DataState, ROLES } from '../messages.ts';
import { element, make, show } from './dom.ts';

export class DataPanel {
  readonly #onFiles: (files: readonly File[]) => void;

  constructor(onFiles: (files: readonly File[]) => void) {
    this.#onFiles = onFiles;
    const input = element('files', HTMLInputElement);
    input.addEventListener('change', () => {
      this.#take(input.files);
      input.value = '';
    });
    this.#acceptDrops();
    this.show({ missing: ROLES.map(({ file }) => file), training: 0, heldOut: 0 });
  }

  /** Which files are there; the panel goes once all are. */
  show({ missing }: DataState): void {
    const items = ROLES.map(({ file }) => {
      const isThere = !missing.includes(file);
      const item = make('li', isThere ? 'there' : '', file);
      item.append(make('span', '', isThere ? 'read' : 'missing'));
      return item;
    });
    element('roles', HTMLElement).replaceChildren(...items);
    if (missing.length === 0) show('data', false);
  }

  /** Asks for files. */
  ask(): void {
    show('data', true);
  }

  /** Anywhere on the page; a browser would open the file otherwise. */
  #acceptDrops(): void {
    const zone = element('drop', HTMLElement);
    const isFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    addEventListener('dragover', (event) => {
      if (!isFiles(event)) return;
      event.preventDefault();
      zone.classList.add('over');
    });
    addEventListener('dragleave', () => zone.classList.remove('over'));
    addEventListener('drop', (event) => {
      if (!isFiles(event)) return;
      event.preventDefault();
      zone.classList.remove('over');
      this.#take(event.dataTransfer?.files ?? null);
    });
  }

  #take(files: FileList | null): void {
    if (files && files.length > 0) this.#onFiles([...files]);
  }
}
