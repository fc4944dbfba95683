/** The ten scores as bars to both sides of 0, and which digit has the largest. */
import { make } from './dom.ts';

const DIGITS = 10;

interface Row {
  readonly item: HTMLElement;
  readonly bar: HTMLElement;
  readonly value: HTMLElement;
}

export class Scores {
  readonly #rows: readonly Row[];
  readonly #answer: HTMLElement;
  #said = '';

  constructor(list: HTMLElement, answer: HTMLElement) {
    this.#answer = answer;
    this.#rows = Array.from({ length: DIGITS }, (_, digit) => {
      const item = make('li');
      const track = make('span', 'track');
      const bar = make('span', 'bar');
      const value = make('span', 'value', '–');
      track.append(bar);
      item.append(make('b', '', String(digit)), track, value);
      return { item, bar, value };
    });
    list.replaceChildren(...this.#rows.map(({ item }) => item));
    this.clear();
  }

  /** `label` is the right answer where it is known. */
  show(scores: readonly number[], label: number | undefined): void {
    const best = scores.indexOf(Math.max(...scores));
    const reach = Math.max(1, ...scores.map(Math.abs));
    this.#rows.forEach(({ item, bar, value }, digit) => {
      const score = scores[digit] ?? 0;
      item.classList.toggle('best', digit === best);
      bar.classList.toggle('negative', score < 0);
      bar.style.width = `${(50 * Math.abs(score)) / reach}%`;
      value.textContent = score.toFixed(2).replace('-', '−');
    });
    this.#say(best, label);
  }

  clear(): void {
    for (const { item, bar, value } of this.#rows) {
      item.classList.remove('best');
      bar.style.width = '0';
      value.textContent = '–';
    }
    this.#say(undefined, undefined);
  }

  /** Says it once: it is read aloud where a screen is. */
  #say(digit: number | undefined, label: number | undefined): void {
    const said = `${digit} ${label}`;
    if (said === this.#said) return;
    this.#said = said;
    if (digit === undefined) {
      this.#answer.replaceChildren(make('b', 'none', '–'));
      return;
    }
    this.#answer.replaceChildren('It reads ', make('b', '', String(digit)));
    if (label === undefined) return;
    const isRight = label === digit;
    const verdict = isRight ? 'right' : `it is a ${label}`;
    this.#answer.append(make('span', isRight ? 'right' : 'wrong', verdict));
  }
}
